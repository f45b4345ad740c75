import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { CheckedChannel } from "../alert-channels.ts";

/**
 * Creates the channels that are not there yet.
 *
 * @returns the full names of all
 */
export function createChannels(
  name: string,
  args: { readonly project: string; readonly channels: readonly CheckedChannel[] },
  options: pulumi.CustomResourceOptions,
): pulumi.Input<string>[] {
  const seen = new Map<string, number>();
  return args.channels.map((channel) => {
    if (channel.name !== undefined) return channel.name;
    const { type } = channel;
    // Named by the number within its type, so that one that is added at the end changes no other.
    const number = (seen.get(type) ?? 0) + 1;
    seen.set(type, number);
    return new gcp.monitoring.NotificationChannel(
      `${name}-alerts-${type}-${number}`,
      {
        project: args.project,
        displayName: `${name} ${type} ${number}`,
        enabled: true,
        ...inputsOf(channel),
      },
      options,
    ).name;
  });
}

/** The type and labels of Google's own for a channel (Google Cloud, "Cloud Monitoring API": NotificationChannelDescriptor). */
function inputsOf({
  type,
  address = "",
  channel = "",
  token = "",
  serviceKey = "",
  url = "",
  topic = "",
}: CheckedChannel): Pick<gcp.monitoring.NotificationChannelArgs, "type" | "labels" | "sensitiveLabels"> {
  switch (type) {
    case "email":
      return { type, labels: { email_address: address } };
    case "slack":
      return {
        type,
        labels: { channel_name: channel },
        sensitiveLabels: { authToken: pulumi.secret(token) },
      };
    case "pagerduty":
      return { type, sensitiveLabels: { serviceKey: pulumi.secret(serviceKey) } };
    case "webhook":
      // The address often holds a token.
      return { type: "webhook_tokenauth", labels: pulumi.secret({ url }) };
    default:
      return { type: "pubsub", labels: { topic } };
  }
}

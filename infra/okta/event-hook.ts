import { createHash } from "node:crypto";
import * as okta from "@pulumi/okta";
import * as pulumi from "@pulumi/pulumi";
import { HOOK_AUTHENTICATION_HEADER } from "../../function/settings.ts";
import { waitForReceiver } from "./receiver.ts";

/** The event hook, made and verified. */
export interface EventHook {
  readonly id: pulumi.Output<string>;
  readonly verification: okta.EventHookVerification;
}

/**
 * The event hook and its verification. Okta verifies a hook once, and again after its channel or authentication
 * changed; until then nothing is delivered. An update sends the channel anew whatever changed, so the verification is
 * replaced in the same update whenever the hook changes at all. Before it, the receiver must really answer: a public binding takes a while to work, and Okta asks only twice.
 *
 * @param ready what has to be in place before the first event comes
 */
export function createEventHook(
  name: string,
  args: {
    readonly stack: string;
    readonly eventTypes: readonly string[];
    readonly receiverUrl: pulumi.Output<string>;
    readonly secret: pulumi.Output<string>;
    readonly waitSeconds: number;
    readonly ready: pulumi.Resource[];
  },
  options: pulumi.CustomResourceOptions,
): EventHook {
  const { receiverUrl, secret } = args;
  const inputs = {
    name: `${name} (${args.stack})`,
    events: [...args.eventTypes],
    channel: { type: "HTTP", version: "1.0.0", uri: receiverUrl },
    auth: pulumi.secret({
      type: "HEADER",
      key: HOOK_AUTHENTICATION_HEADER,
      value: pulumi.interpolate`Bearer ${secret}`,
    }),
    status: "ACTIVE",
  };
  const hook = new okta.EventHook(`${name}-event-hook`, inputs, {
    ...options,
    additionalSecretOutputs: ["auth"],
  });
  const receiverAnswers = new pulumi.ResourceHook(`${name}-receiver-answers`, async () => {
    const [url, value] = await known(pulumi.all([receiverUrl, secret]));
    await waitForReceiver({
      url,
      secret: value,
      seconds: args.waitSeconds,
      now: Date.now,
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      report: (message) => void pulumi.log.info(message, hook),
    });
  });
  const verification = new okta.EventHookVerification(
    `${name}-event-hook-verification`,
    { eventHookId: hook.id },
    {
      ...options,
      deletedWith: hook,
      dependsOn: args.ready,
      hooks: { beforeCreate: [receiverAnswers] },
      replacementTrigger: pulumi.unsecret(pulumi.jsonStringify(inputs).apply(fingerprint)),
    },
  );
  return { id: hook.id, verification };
}

/** Tells one hook from another without telling its secret. */
function fingerprint(inputs: string): string {
  return createHash("sha256").update(inputs).digest("hex");
}

/** The values of outputs that are known by now, as all are that a resource waits for. */
function known(outputs: pulumi.Output<[string, string]>): Promise<[string, string]> {
  return new Promise((resolve) => {
    outputs.apply(resolve);
  });
}

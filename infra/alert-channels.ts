import type * as pulumi from "@pulumi/pulumi";
import { isObject, own } from "../function/shared/json.ts";
import type { Kind } from "./checks.ts";
import type { ReportFault } from "./errors.ts";

/** How an alert is sent. */
export const AlertChannelType = {
  Email: "email",
  Slack: "slack",
  PagerDuty: "pagerduty",
  Webhook: "webhook",
  PubSub: "pubsub",
  /** By a notification channel that exists. */
  Existing: "existing",
} as const;
/** How an alert is sent. */
export type AlertChannelType = (typeof AlertChannelType)[keyof typeof AlertChannelType];

// A schema has no union that all languages know, so `checkChannel` refuses a channel with other fields than those of its type.
/** Where alerts are sent. Each type has one field, and Slack two. */
export interface AlertChannel {
  /** How it is sent; the other fields depend on it. */
  readonly type: pulumi.Input<AlertChannelType>;
  /** An email address, for `email`. */
  readonly address?: pulumi.Input<string>;
  /** A channel such as `#sign-ins`, for `slack`. */
  readonly channel?: pulumi.Input<string>;
  /** The OAuth token of a Slack app, for `slack`. */
  readonly token?: pulumi.Input<string>;
  /** The integration key of a service, for `pagerduty`. */
  readonly serviceKey?: pulumi.Input<string>;
  /** An https address, for `webhook`. */
  readonly url?: pulumi.Input<string>;
  /** Full name of a topic, for `pubsub`. */
  readonly topic?: pulumi.Input<string>;
  /** Full name of a notification channel that exists, for `existing`. */
  readonly name?: pulumi.Input<string>;
}

/** A channel after its check: it has the fields of its type. */
export type CheckedChannel = pulumi.Unwrap<AlertChannel>;

/** What a field of a channel must be. A secret is never part of an error. */
interface Field {
  readonly form: RegExp;
  readonly must: string;
  readonly isSecret?: true;
}

const SECRET = { form: /^\S{1,1000}$/, isSecret: true } as const;

/** The fields of each type, all of them required. */
const types: Readonly<Record<AlertChannelType, Readonly<Record<string, Field>>>> = {
  email: {
    address: { form: /^[^\s@]+@[^\s@]+\.[^\s@]+$/, must: "an email address, for example sign-ins@acme.com" },
  },
  slack: {
    channel: { form: /^#\S{1,80}$/, must: 'a Slack channel, for example "#sign-ins"' },
    token: { ...SECRET, must: "the OAuth token of a Slack app" },
  },
  pagerduty: { serviceKey: { ...SECRET, must: "the integration key of a PagerDuty service" } },
  webhook: { url: { form: /^https:\/\/\S{1,1000}$/, must: "an https address", isSecret: true } },
  pubsub: {
    topic: {
      form: /^projects\/[^/\s]+\/topics\/[^/\s]+$/,
      must: "the full name of a topic, for example projects/acme-identity/topics/alerts",
    },
  },
  existing: {
    name: {
      form: /^projects\/[^/\s]+\/notificationChannels\/[^/\s]+$/,
      must: "the full name of a notification channel, for example projects/acme-identity/notificationChannels/123",
    },
  },
};

/** Cloud Monitoring takes 16 channels for each alert (Google Cloud, "Quotas and limits": alerting). */
const MAXIMUM_CHANNELS = 16;

/** A list of channels. No provider plugin checks them before an update. */
export const channelList: Kind<CheckedChannel[]> = {
  type: "array",
  typescript: "pulumi.Input<AlertChannel>[]",
  allowed: `at most ${MAXIMUM_CHANNELS} channels of type ${Object.keys(types).join(", ")}`,
  check(value, setting, fault) {
    if (!Array.isArray(value)) {
      fault(
        setting,
        undefined,
        "it must be a list, for example [{type: email, address: sign-ins@acme.com}].",
      );
      return undefined;
    }
    if (value.length > MAXIMUM_CHANNELS) {
      fault(setting, undefined, `it must have at most ${MAXIMUM_CHANNELS} channels, Google Cloud's limit.`);
    }
    return value.flatMap(
      (channel: unknown, index) => checkChannel(`${setting}[${index}]`, channel, fault) ?? [],
    );
  },
};

function checkChannel(place: string, value: unknown, fault: ReportFault): CheckedChannel | undefined {
  const type = isObject(value) ? value["type"] : undefined;
  const fields = typeof type === "string" ? own(types, type) : undefined;
  if (!isObject(value) || typeof type !== "string" || fields === undefined) {
    fault(`${place}.type`, type, `it must be one of ${Object.keys(types).join(", ")}.`);
    return undefined;
  }
  let isRight = true;
  const names = ["type", ...Object.keys(fields)];
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue;
    isRight = false;
    fault(
      `${place}.${name}`,
      undefined,
      `a channel of type ${type} has only ${names.join(" and ")}. Remove it.`,
    );
  }
  for (const [name, { form, must, isSecret }] of Object.entries(fields)) {
    const text = value[name];
    if (typeof text === "string" && form.test(text)) continue;
    isRight = false;
    fault(`${place}.${name}`, isSecret ? undefined : text, `it must be ${must}.`);
  }
  // Each field was checked by its type.
  return isRight ? (value as unknown as CheckedChannel) : undefined;
}

import type { ResourceValidationPolicy } from "@pulumi/policy";
import { known } from "./known.ts";

/** The receiver is public: without the secret anybody could claim that somebody signed in. */
export const hookNeedsAuthentication: ResourceValidationPolicy = {
  name: "event-hook-has-authentication",
  description: "An event hook must send a secret in a header.",
  validateResource({ type, name, props }, report) {
    if (type !== "okta:index/eventHook:EventHook") return;
    if (known(() => sendsSecret(props), true)) return;
    report(`${name} sends no secret. Set auth to {type: "HEADER", key, value}, with a secret value.`);
  },
};

/** What a first preview does not know yet, the update asks for again. */
function sendsSecret({ auth }: Readonly<Record<string, unknown>>): boolean {
  const get = (key: string) => Reflect.get(Object(auth), key);
  return get("type") === "HEADER" && Boolean(get("key")) && Boolean(known(() => get("value"), true));
}

import type { ResourceValidationPolicy } from "@pulumi/policy";

/** The receiver is public: without the secret anybody could claim that somebody signed in. */
export const hookNeedsAuthentication: ResourceValidationPolicy = {
  name: "event-hook-has-authentication",
  description: "An event hook must send a secret in a header.",
  validateResource({ type, name, props }, report) {
    if (type !== "okta:index/eventHook:EventHook") return;
    const { auth } = props;
    if (auth?.type !== "HEADER" || !auth.key || !auth.value) {
      report(`${name} sends no secret. Set auth to {type: "HEADER", key, value}, with a secret value.`);
    }
  },
};

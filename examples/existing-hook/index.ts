import * as okta from "@pulumi/okta";
import * as pulumi from "@pulumi/pulumi";
import { SignInEventType, SignInGroups } from "signin-groups";

const groups = new SignInGroups("signin-groups", {
  rules: [{ group: "App Users", on: [SignInEventType.SessionStart] }],
});

// With it, Pulumi knows the former hook, and changes nothing about it: it delivers as before, next to the new one. Without it, the
// next update deletes the hook.
const formerHook = new pulumi.Config().get("formerHook") ?? "";
if (formerHook !== "") {
  new okta.EventHook(
    "former-hook",
    { name: "Former hook", events: [], channel: {}, status: "ACTIVE" },
    { import: formerHook, ignoreChanges: ["name", "events", "channel", "auth", "headers", "status"] },
  );
}

export const groupIds = groups.groupIds;

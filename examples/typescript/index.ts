import { SignInEventType, SignInGroups } from "signin-groups";

const groups = new SignInGroups("signin-groups", {
  rules: [{ group: "App Users", on: [SignInEventType.SessionStart] }],
});

export const hookUrl = groups.hookUrl;
export const groupIds = groups.groupIds;

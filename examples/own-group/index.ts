import * as okta from "@pulumi/okta";
import { SignInEventType, SignInGroups } from "signin-groups";

const group = new okta.group.Group("wiki-readers", { name: "Wiki readers" });

new SignInGroups("signin-groups", {
  rules: [{ groupId: group.id, on: [SignInEventType.SingleSignOn] }],
});

export const groupId = group.id;

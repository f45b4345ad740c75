import * as pulumi from "@pulumi/pulumi";
import { SignInEventType, SignInGroups } from "signin-groups";

const stack = new pulumi.Config();
const groups = new SignInGroups("signin-groups", {
  project: stack.require("project"),
  region: stack.require("region"),
  orgUrl: stack.require("orgUrl"),
  rules: [{ group: "App Users", on: [SignInEventType.SessionStart] }],
});

export const hookUrl = groups.hookUrl;
export const groupIds = groups.groupIds;

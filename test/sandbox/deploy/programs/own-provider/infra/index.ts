import * as okta from "@pulumi/okta";
import * as pulumi from "@pulumi/pulumi";
import { SignInGroups } from "../../../../../../infra/sign-in-groups.ts";

new SignInGroups(
  "north",
  {
    project: "acme-identity",
    region: "europe-west1",
    orgUrl: "https://north.okta.com",
    trustGroupIds: new pulumi.Config().getBoolean("trustGroupIds") ?? false,
    rules: [{ groupId: "00gNorth", on: ["user.session.start"] }],
  },
  { providers: [new okta.Provider("north", { orgName: "north", baseUrl: "okta.com", apiToken: "00north" })] },
);

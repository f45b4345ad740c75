import * as okta from "@pulumi/okta";
import { SignInGroups } from "../../../../../../infra/integration.ts";

new SignInGroups(
  "north",
  {
    project: "acme-identity",
    region: "europe-west1",
    orgUrl: "https://north.okta.com",
    rules: [{ groupId: "00gNorth", on: ["user.session.start"] }],
  },
  { providers: [new okta.Provider("north", { orgName: "north", apiToken: "00north" })] },
);

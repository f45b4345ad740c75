import * as pulumi from "@pulumi/pulumi";
import { SignInGroups } from "../../../../../infra/sign-in-groups.ts";

/** The component, with the promise that a subclass of any component can wait for. */
class Awaited extends SignInGroups {
  readonly declared = this.getData();
}

const integration = new Awaited("signin-groups", {
  project: "acme-identity",
  region: "europe-west1",
  // The configuration has no credentials for this org, so nobody can say whether the group holds admin roles.
  orgUrl: "https://other.okta.com",
  rules: [{ groupId: "00gexisting", on: ["user.session.start"] }],
});

try {
  await integration.declared;
  await pulumi.log.info("The component was declared.");
} catch (error) {
  await pulumi.log.info(`The program caught: ${error instanceof Error ? error.message : String(error)}`);
}

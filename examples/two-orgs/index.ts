import * as okta from "@pulumi/okta";
import * as pulumi from "@pulumi/pulumi";
import { SignInEventType, SignInGroups } from "signin-groups";

const stack = new pulumi.Config();

/** An integration with an org, by a provider of that org's own. */
function integrate(name: string, orgName: string, baseUrl: string): SignInGroups {
  const provider = new okta.Provider(name, {
    orgName,
    baseUrl,
    apiToken: stack.requireSecret(`${name}Token`),
  });
  return new SignInGroups(
    name,
    {
      orgUrl: `https://${orgName}.${baseUrl}`,
      rules: [{ group: "App Users", on: [SignInEventType.SessionStart] }],
      labels: { org: name },
    },
    { providers: [provider] },
  );
}

const preview = integrate("preview", stack.require("previewOrg"), "oktapreview.com");
const production = integrate("production", stack.require("productionOrg"), "okta.com");

export const groupIds = { preview: preview.groupIds, production: production.groupIds };

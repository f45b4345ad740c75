import { describe, expect, it } from "vitest";
import type { Properties } from "../../../../sandbox/deploy/handler.ts";
import { appInputs, type Deployer, startDeployer, type TYPES } from "./deployment.ts";

type Type = keyof typeof TYPES;

describe("inputs in another form are not a difference:", () => {
  const forms: readonly (readonly [string, Type, (deployer: Deployer) => Properties])[] = [
    ["nothing but what is required of a group", "group", () => ({})],
    ["an app with all its settings", "app", ({ key }) => ({ ...appInputs(key), ...everySetting })],
    [
      "an app that gets a policy",
      "app",
      ({ key }) => ({ ...appInputs(key), skipAuthenticationPolicy: false, status: "INACTIVE" }),
    ],
    [
      "resource names (ORNs)",
      "resourceSet",
      () => ({ label: "S", description: "S", resourcesOrns: ["orn:okta:directory:ORG:users"] }),
    ],
    [
      "a hook without types, with headers",
      "hook",
      () => ({
        events: ["user.session.start", "user.authentication.sso"],
        channel: { version: "1.0.0", uri: "https://hooks.example.com/" },
        auth: { key: "X-Secret", value: "s" },
        headers: [
          { key: "X-Two", value: "2" },
          { value: "1", key: "X-One" },
        ],
        status: "INACTIVE",
      }),
    ],
    [
      "a hook without authentication",
      "hook",
      () => ({
        events: ["user.session.start"],
        channel: { version: "1.0.0", uri: "https://hooks.example.com/" },
      }),
    ],
    [
      "permissions in their own order",
      "role",
      () => ({
        label: "R",
        description: "R",
        permissions: ["okta.users.read", "okta.groups.read", "okta.apps.read"],
      }),
    ],
  ];
  const everySetting = {
    adminNote: "For administrators",
    enduserNote: "For users",
    autoKeyRotation: false,
    consentMethod: "REQUIRED",
    hideIos: false,
    hideWeb: true,
    issuerMode: "DYNAMIC",
    loginMode: "SPEC",
    pkceRequired: true,
    userNameTemplate: "$" + "{source.email}",
    userNameTemplateType: "CUSTOM",
    wildcardRedirect: "SUBDOMAIN",
  };
  it.each(forms)("%s", async (_case, type, inputs) => {
    const deployer = await startDeployer();
    const given = await resolveOrg(deployer, inputs(deployer));
    const state = await deployer.create(type, "mine", given);

    expect(state.outputs).toMatchObject(given);
    expect(await deployer.refresh(type, state)).toEqual(state);
    expect(deployer.diff(type, state, given).changed).toEqual([]);
  });
});

/** The inputs with the org's id, which is known only once it runs, in place of `ORG`. */
async function resolveOrg({ okta }: Deployer, inputs: Properties): Promise<Properties> {
  const { body } = await okta.call("GET", "/.well-known/okta-organization");
  return JSON.parse(JSON.stringify(inputs).replace(":ORG:", `:${body.id}:`));
}

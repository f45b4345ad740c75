import { describe, expect, it } from "vitest";
import { appInputs, assignmentInputs, deployApp, startDeployer } from "./deployment.ts";

// What the plugin of terraform-provider-okta v6.12.0, as it was run against this org, had in the state of such resources. Where one
// of these was missing or other, it planned to update or replace the app that these handlers had made.
describe("the plugin takes over what the handlers made:", () => {
  it("an app's state has the provider's defaults, whole keys, and no policy that it does not manage", async () => {
    const deployer = await startDeployer();
    const app = await deployer.create("app", "app", appInputs(deployer.key));

    expect(app.outputs).toMatchObject({
      accessibilitySelfService: false,
      authenticationPolicy: "",
      autoKeyRotation: true,
      autoSubmitToolbar: false,
      consentMethod: "TRUSTED",
      hideIos: true,
      hideWeb: true,
      issuerMode: "ORG_URL",
      jwks: [{ ...deployer.key.publicJwk, x: "", y: "" }],
      loginMode: "DISABLED",
      pkceRequired: false,
      refreshTokenLeeway: 0,
      refreshTokenRotation: "STATIC",
      status: "ACTIVE",
      userNameTemplate: "$" + "{source.login}",
      userNameTemplateType: "BUILT_IN",
      wildcardRedirect: "DISABLED",
    });
  });

  it("every resource's outputs hold its id, after an update and a refresh too", async () => {
    const deployer = await startDeployer();
    const deployed = await deployApp(deployer);
    const assignment = await deployer.create("assignment", "assignment", assignmentInputs(deployed));

    for (const [type, state] of [
      ["group", deployed.group],
      ["app", deployed.app],
      ["scopes", deployed.scopes],
      ["role", deployed.role],
      ["resourceSet", deployed.resourceSet],
      ["assignment", assignment],
    ] as const) {
      expect(state.outputs["id"], type).toBe(state.id);
      expect((await deployer.refresh(type, state))?.outputs["id"], type).toBe(state.id);
    }
    const renamed = await deployer.update("group", deployed.group, { name: "People" });
    expect(renamed.outputs["id"]).toBe(renamed.id);
  });
});

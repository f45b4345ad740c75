import type { JsonWebKey } from "node:crypto";
import type { Clouds } from "../../sandbox/environment.ts";
import { administer } from "../engine/actions.ts";
import { appBody } from "../sandbox/okta/local.ts";

/** Makes an app that administers the org by a key, for Pulumi to act as. @returns its client id */
export async function createAdministrator(clouds: Clouds, publicKey: JsonWebKey): Promise<string> {
  const app = await administer(clouds, "POST", "/apps", appBody("Pulumi", [{ ...publicKey, kid: "pulumi" }]));
  const clientId = String(app["id"]);
  const { url, apiToken } = clouds.okta;
  await administer(clouds, "POST", `/apps/${clientId}/grants`, { issuer: url, scopeId: "okta.roles.manage" });
  await fetch(`${url}/oauth2/v1/clients/${clientId}/roles`, {
    method: "POST",
    headers: { authorization: `SSWS ${apiToken}`, "content-type": "application/json" },
    body: JSON.stringify({ type: "SUPER_ADMIN" }),
  });
  return clientId;
}

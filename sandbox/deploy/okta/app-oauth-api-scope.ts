import type { ResourceHandler } from "../handler.ts";
import { answeredText, type OktaClient } from "./client.ts";
import { given, readInputs } from "./inputs.ts";

/** `okta.AppOauthApiScope`: one grant for each scope. Its id is the app's; on deletion every grant of the app goes. */
export function appOauthApiScopeHandler(client: OktaClient): ResourceHandler {
  return {
    async create(logicalName, properties) {
      const inputs = readInputs(`AppOauthApiScope ${logicalName}`, properties, ["appId", "issuer", "scopes"]);
      const appId = inputs.text("appId");
      const issuer = inputs.text("issuer");
      const scopes = inputs.texts("scopes");
      if (scopes.length === 0) throw inputs.error('"scopes" is required');
      const grants = `/api/v1/apps/${appId}/grants`;
      for (const scopeId of scopes) await client.call("POST", grants, { issuer, scopeId });
      const granted = await client.list(grants);
      return {
        id: appId,
        outputs: { ...given(properties), scopes: granted.map((grant) => answeredText(grant, "scopeId")) },
      };
    },
    async delete({ id }) {
      const grants = `/api/v1/apps/${id}/grants`;
      for (const grant of await client.list(grants)) {
        await client.deleteIfPresent(`${grants}/${answeredText(grant, "id")}`);
      }
    },
  };
}

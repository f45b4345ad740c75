import type { JsonObject } from "../../../function/shared/json.ts";
import type { Properties, ResourceHandler } from "../handler.ts";
import { answeredText, optionalText } from "./answers.ts";
import type { OktaClient } from "./client.ts";
import {
  inOrderOf,
  optionalTextOf,
  present,
  requiredText,
  textOf,
  texts,
  textsOf,
  without,
} from "./inputs.ts";

/**
 * `okta.AppOauthApiScope`: one grant for each scope. Its id is the app's, and it takes every grant of the app for its
 * own: one that somebody else gave is a difference, which the next update revokes.
 *
 * @decision The scopes of an app are one grant each, given in a row without undoing; all grants of the app count as the
 *   resource's own.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0,
 *   okta/services/idaas/resource_okta_app_oauth_api_scope.go; the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta
 *   v6.12.0), as it was run against a recording server.
 * @matters wrong access: a scope that somebody else granted is revoked by the next update.
 */
export function appOauthApiScopeHandler(client: OktaClient): ResourceHandler {
  const grant = async (inputs: Properties, scopes: readonly string[]): Promise<void> => {
    const issuer = textOf(inputs, "issuer");
    for (const scopeId of scopes) await client.call("POST", grantsOf(inputs), { issuer, scopeId });
  };

  return {
    schema: {
      inputs: {
        appId: { ...requiredText, replaces: true },
        issuer: requiredText,
        scopes: { ...texts, required: true },
      },
    },
    async create(inputs) {
      await grant(inputs, textsOf(inputs, "scopes"));
      const grants = await client.list(grantsOf(inputs));
      return { id: textOf(inputs, "appId"), outputs: scopeOutputs(inputs, grants) };
    },
    async read({ id, outputs }) {
      const grants = await client.list(grantsOf({ appId: id }));
      const issuer = optionalTextOf(outputs, "issuer") ?? grants.map((one) => optionalText(one, "issuer"))[0];
      return { id, outputs: scopeOutputs(present({ ...outputs, appId: id, issuer }), grants) };
    },
    async update({ id }, inputs) {
      const path = grantsOf(inputs);
      const wanted = textsOf(inputs, "scopes");
      await grant(inputs, without(wanted, (await client.list(path)).map(scopeOf)));
      const unwanted = (await client.list(path)).filter((one) => !wanted.includes(scopeOf(one)));
      for (const one of unwanted) await client.call("DELETE", `${path}/${answeredText(one, "id")}`);
      return { id, outputs: scopeOutputs(inputs, await client.list(path)) };
    },
    /**
     * @decision Grants that are gone, with their app or without it, are deleted without a complaint; a read fails by then.
     * @evidence vendor-code: okta/terraform-provider-okta v6.12.0
     * okta/services/idaas/resource_okta_app_oauth_api_scope.go: getOAuthApiScopeIdMap takes a 404 for no grants, Read does not
     * @matters deployment fails: a stack whose app was deleted by hand can be destroyed but for the app
     *   (docs/deleted-by-hand.md).
     */
    async delete({ id }) {
      const path = grantsOf({ appId: id });
      for (const one of await client.listIfPresent(path)) {
        await client.deleteIfPresent(`${path}/${answeredText(one, "id")}`);
      }
    },
  };
}

function grantsOf(inputs: Properties): string {
  return `/api/v1/apps/${textOf(inputs, "appId")}/grants`;
}

function scopeOf(grant: JsonObject): string {
  return answeredText(grant, "scopeId");
}

function scopeOutputs(known: Properties, grants: readonly JsonObject[]): Properties {
  return { ...known, scopes: inOrderOf(textsOf(known, "scopes"), grants.map(scopeOf)) };
}

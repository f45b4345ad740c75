import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import { type Properties, ProviderError, type ResourceHandler } from "../handler.ts";
import {
  answeredObject,
  answeredObjects,
  answeredText,
  answeredTexts,
  isRefused,
  optionalText,
} from "./answers.ts";
import { appBody, appInputs, appSettings, checkApp, keyFields } from "./app-oauth-inputs.ts";
import { type OktaClient, partialCreate, tryAgain } from "./client.ts";
import { inOrderOf, optionalTextOf, present, textsOf } from "./inputs.ts";

/**
 * `okta.app.OAuth`, for service apps, as the provider makes them with an API token.
 *
 * @decision An app is made, then the settings of its ID tokens are set and read by an internal call, if there is an API
 *   token; a failure there leaves the app half made in the state.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_app_oauth.go; the
 *   plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a recording server.
 * @matters deployment fails: such an app has no client id until the next update.
 *
 * @decision An app is deactivated and then deleted, each with retries after any error, so that an app that is gone fails
 *   only after 20 seconds (here sooner).
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/app.go, deleteApplication; the plugin
 *   that was built of it took 22 seconds for an app that had been deleted by hand.
 * @matters deployment fails: an update and a destroy wait for it.
 */
export function appOauthHandler(client: OktaClient): ResourceHandler {
  /**
   * With an API token the provider reads three things of an app, one of them once for all apps.
   *
   * @decision An app that is gone is an error at a refresh, and does not leave the state.
   * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_app_oauth.go, line
   *   678; the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a recording
   *   server.
   * @matters deployment fails: who deletes the app by hand has to take it out of the state.
   */
  const readApp = async (id: string): Promise<JsonObject> => {
    const app = await client.call("GET", pathOf(id)).catch((cause: unknown) => {
      if (!isRefused(cause, 404)) throw cause;
      throw new ProviderError(`failed to get OAuth application: ${cause.message}`, { cause });
    });
    await client.askOrganization();
    await client.find(idTokenPathOf(id));
    return app;
  };

  /**
   * The policy that the app has, or the org's own.
   *
   * @decision An update sets the app's authentication policy, the org's default one if none is known, unless
   *   `skipAuthenticationPolicy` is set.
   * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/app_authentication_policy.go; the
   *   plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a recording server.
   * @matters deployment fails: the program sets `skipAuthenticationPolicy`.
   */
  const findPolicy = async (known: Properties): Promise<string> => {
    const policy = optionalTextOf(known, "authenticationPolicy");
    if (policy !== undefined && policy !== "") return policy;
    await client.askOrganization();
    const policies = await client.list("/api/v1/policies?type=ACCESS_POLICY");
    const own = policies.find(({ system }) => system === true);
    if (own === undefined) throw new ProviderError("The org has no default access policy.");
    return answeredText(own, "id");
  };

  return {
    schema: { inputs: appInputs },
    async create(inputs) {
      checkApp(inputs);
      const { status, issuerMode } = appSettings(inputs);
      const path = `/api/v1/apps?activate=${status === "ACTIVE"}`;
      const id = answeredText(await client.call("POST", path, appBody(inputs)), "id");
      try {
        await client.call("POST", idTokenPathOf(id), { issuerMode });
        return { id, outputs: appOutputs(inputs, await readApp(id)) };
      } catch (cause) {
        // Without a client id: what needs that one can't go on before the app has been updated.
        /**
         * @decision An app whose later calls fail is in the state without a client id.
         * @evidence vendor-code: the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run
         *   against a recording server (the ID token call refused with 403).
         * @matters deployment fails: what needs the client id stops until the app is updated.
         */
        throw partialCreate(cause, { id, outputs: { ...inputs, status } });
      }
    },
    async read({ id, outputs }) {
      const app = await readApp(id);
      return app["id"] === undefined ? undefined : { id, outputs: appOutputs(outputs, app) };
    },
    async update({ id, outputs }, inputs) {
      checkApp(inputs);
      const { status, skipAuthenticationPolicy } = appSettings(inputs);
      if (status !== outputs["status"]) {
        await client.call(
          "POST",
          `${pathOf(id)}/lifecycle/${status === "ACTIVE" ? "activate" : "deactivate"}`,
        );
        if (isSameButStatus(outputs, inputs)) return { id, outputs: { ...outputs, status } };
      }
      await client.call("PUT", pathOf(id), replacementBody(id, inputs));
      if (!skipAuthenticationPolicy) {
        await client.call("PUT", `${pathOf(id)}/policies/${await findPolicy(outputs)}`);
      }
      return { id, outputs: appOutputs(inputs, await readApp(id)) };
    },
    async delete({ id, outputs }) {
      const patiently = (method: string, path: string) =>
        tryAgain(
          client.patience,
          () => client.call(method, path),
          () => true,
        );
      if (outputs["status"] === "ACTIVE") await patiently("POST", `${pathOf(id)}/lifecycle/deactivate`);
      await patiently("DELETE", pathOf(id));
    },
  };
}

function pathOf(id: string): string {
  return `/api/v1/apps/${id}`;
}

function idTokenPathOf(id: string): string {
  return `/api/v1/internal/apps/${id}/settings/oauth/idToken`;
}

function isSameButStatus(outputs: Properties, inputs: Properties): boolean {
  const { status: _, ...wanted } = appSettings(inputs);
  const { status: __, ...held } = appSettings(outputs);
  return isDeepStrictEqual(held, wanted) && isDeepStrictEqual(appBody(outputs), appBody(inputs));
}

function replacementBody(id: string, inputs: Properties): unknown {
  const { credentials, ...body } = appBody(inputs);
  const secret = appSettings(inputs).omitSecret ? { client_secret: "" } : {};
  const oauthClient = { ...credentials.oauthClient, client_id: id, ...secret };
  return { ...body, credentials: { ...credentials, oauthClient } };
}

/**
 * What Okta says of an app, in the form in which it was asked for. What it does not return, or what the provider does not
 * compare, is kept.
 *
 * @decision An app without grant types in its answer stops the provider.
 * @evidence vendor-code: the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a
 *   recording server.
 * @matters deployment fails: a recorded app has them.
 *
 * @decision The state of an app has what the provider would else write by an update when it takes the app over (its own
 *   defaults), every field of each key, empty where it does not apply, and no policy with `skipAuthenticationPolicy`.
 * @evidence vendor-code: pulumi/pulumi-okta 82924e83 with terraform-provider-okta v6.12.0, built and run on stacks that
 *   these handlers made; okta/services/idaas/resource_okta_app_oauth.go, resourceAppOAuthRead (v6.12.0).
 * @matters sandbox only: with a key in another form the plugin replaces the app.
 *
 * @throws ProviderError when a part is missing without which the provider fails, too
 */
function appOutputs(known: Properties, app: JsonObject): Properties {
  const credentials = need(app, "credentials");
  const credential = answeredObject(credentials, "oauthClient");
  const template = answeredObject(credentials, "userNameTemplate");
  const settings = need(app, "settings");
  const client = answeredObject(settings, "oauthClient");
  const notes = answeredObject(settings, "notes");
  const visibility = answeredObject(app, "visibility");
  const hide = answeredObject(visibility, "hide");
  const refreshToken = answeredObject(client, "refresh_token");
  const grantTypes = answeredTexts(client, "grant_types");
  if (grantTypes === undefined) throw new ProviderError('Okta answered with an app without "grant_types".');
  const responseTypes = answeredTexts(client, "response_types");
  const kept = (name: string, value: string | undefined) => value ?? known[name];
  return present({
    clientId: optionalText(credential, "client_id"),
    name: answeredText(app, "name"),
    label: answeredText(app, "label"),
    signOnMode: answeredText(app, "signOnMode"),
    status: optionalText(app, "status"),
    type: optionalText(client, "application_type"),
    grantTypes: inOrderOf(textsOf(known, "grantTypes"), grantTypes),
    responseTypes: responseTypes && inOrderOf(textsOf(known, "responseTypes"), responseTypes),
    tokenEndpointAuthMethod: optionalText(credential, "token_endpoint_auth_method"),
    issuerMode: optionalText(client, "issuer_mode"),
    consentMethod: kept("consentMethod", optionalText(client, "consent_method")),
    loginMode: kept("loginMode", optionalText(answeredObject(client, "idp_initiated_login"), "mode")),
    wildcardRedirect: optionalText(client, "wildcard_redirect"),
    userNameTemplate: kept("userNameTemplate", optionalText(template, "template")),
    userNameTemplateType: kept("userNameTemplateType", optionalText(template, "type")),
    adminNote: optionalText(notes, "admin"),
    enduserNote: optionalText(notes, "enduser"),
    accessibilitySelfService: flagOf(answeredObject(app, "accessibility"), "selfService") ?? false,
    autoSubmitToolbar: flagOf(visibility, "autoSubmitToolbar") ?? false,
    refreshTokenRotation: optionalText(refreshToken, "rotation_type") ?? "STATIC",
    refreshTokenLeeway: typeof refreshToken["leeway"] === "number" ? refreshToken["leeway"] : 0,
    hideIos: flagOf(hide, "iOS"),
    hideWeb: flagOf(hide, "web"),
    autoKeyRotation: flagOf(credential, "autoKeyRotation"),
    pkceRequired: known["pkceRequired"] ?? false,
    omitSecret: known["omitSecret"] ?? false,
    skipAuthenticationPolicy: known["skipAuthenticationPolicy"] ?? false,
    jwks: isObject(client["jwks"]) ? keysOf(client["jwks"]) : known["jwks"],
    jwksUri: optionalText(client, "jwks_uri"),
    authenticationPolicy: known["skipAuthenticationPolicy"] === true ? "" : policyOf(app),
  });
}

/** The keys without what Okta adds to each, and with every field that a key of another kind has. */
function keysOf(jwks: JsonObject): readonly Properties[] {
  return answeredObjects(jwks, "keys").map((key) =>
    Object.fromEntries(keyFields.map((field) => [field, optionalText(key, field) ?? ""])),
  );
}

/** The id of the policy that the app links to. */
function policyOf(app: JsonObject): string | undefined {
  const { href } = answeredObject(answeredObject(app, "_links"), "accessPolicy");
  return typeof href === "string" ? href.split("/").at(-1) : undefined;
}

function flagOf(answer: JsonObject, field: string): boolean | undefined {
  const value = answer[field];
  return typeof value === "boolean" ? value : undefined;
}

/**
 * @decision An app without credentials or settings in its answer stops the provider.
 * @evidence vendor-code: the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a
 *   recording server.
 * @matters deployment fails: a recorded app has both.
 */
function need(app: JsonObject, field: string): JsonObject {
  const value = app[field];
  if (isObject(value)) return value;
  throw new ProviderError(`Okta answered with an app without "${field}".`);
}

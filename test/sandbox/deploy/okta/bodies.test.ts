import { once } from "node:events";
import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { oktaProvider } from "../../../../sandbox/deploy/okta/provider.ts";
import { newKey, startTestOkta } from "../../okta/local.ts";
import { appInputs, hookInputs, TYPES } from "./deployment.ts";

/** The handlers, with an ear on the way to the org. */
async function startOverheard() {
  const okta = await startTestOkta();
  const bodies: Record<string, unknown> = {};
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method = "", url = "", headers } = request;
    const key = `${method} ${url.replace(/\/(0oa|who)\w{17}/, "/…")}`;
    if (body !== "") bodies[key] = JSON.parse(body);
    const answer = await fetch(okta.url + url, {
      method,
      headers: { authorization: headers.authorization ?? "", "content-type": "application/json" },
      body: body === "" ? null : body,
    });
    response.writeHead(answer.status).end(await answer.text());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  return { bodies, resources: oktaProvider({ url, apiToken: okta.apiToken }).resources };
}

test("an app is sent as the provider sends it", async () => {
  const { bodies, resources } = await startOverheard();
  const key = newKey();
  const inputs = appInputs(key);
  const state = await resources[TYPES.app]?.create(inputs);
  const body = {
    accessibility: {},
    label: "Sign-in groups",
    name: "oidc_client",
    signOnMode: "OPENID_CONNECT",
    visibility: { hide: { iOS: true, web: true } },
    credentials: {
      oauthClient: {
        autoKeyRotation: true,
        pkce_required: false,
        token_endpoint_auth_method: "private_key_jwt",
      },
      userNameTemplate: { template: "$" + "{source.login}", type: "BUILT_IN" },
    },
    settings: {
      notes: {},
      oauthClient: {
        application_type: "service",
        grant_types: ["client_credentials"],
        response_types: ["token"],
        consent_method: "TRUSTED",
        issuer_mode: "ORG_URL",
        wildcard_redirect: "DISABLED",
        dpop_bound_access_tokens: false,
        idp_initiated_login: { mode: "DISABLED", default_scope: [] },
        jwks: { keys: [{ ...key.publicJwk, status: "ACTIVE" }] },
      },
    },
  };
  expect(bodies).toEqual({
    "POST /api/v1/apps?activate=true": body,
    "POST /api/v1/internal/apps/…/settings/oauth/idToken": { issuerMode: "ORG_URL" },
  });

  await resources[TYPES.app]?.update?.(state ?? { id: "", outputs: {} }, { ...inputs, label: "Other" });
  const { oauthClient, userNameTemplate } = body.credentials;
  expect(bodies["PUT /api/v1/apps/…"]).toEqual({
    ...body,
    label: "Other",
    credentials: {
      oauthClient: { ...oauthClient, client_id: state?.id, client_secret: "" },
      userNameTemplate,
    },
  });
});

test("a hook is sent as the provider sends it, its secret each time", async () => {
  const { bodies, resources } = await startOverheard();
  const inputs = hookInputs("https://hooks.example.com/");
  const state = await resources[TYPES.hook]?.create(inputs);
  await resources[TYPES.hook]?.update?.(state ?? { id: "", outputs: {} }, inputs);

  const body = {
    name: "Sign-ins",
    status: "ACTIVE",
    events: { type: "EVENT_TYPE", items: ["user.session.start"] },
    channel: {
      type: "HTTP",
      version: "1.0.0",
      config: {
        uri: "https://hooks.example.com/",
        authScheme: { type: "HEADER", key: "Authorization", value: "Bearer hook-secret" },
      },
    },
  };
  expect(bodies).toEqual({ "POST /api/v1/eventHooks": body, "PUT /api/v1/eventHooks/…": body });
  expect(state?.outputs).toEqual(inputs);
});

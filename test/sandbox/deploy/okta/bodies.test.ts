import { once } from "node:events";
import { createServer } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { oktaProvider } from "../../../../sandbox/deploy/okta/provider.ts";
import { startTestOkta } from "../../okta/local.ts";
import { key, serviceApp } from "../../okta/provider-fixtures.ts";
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

it("an app is sent as the provider sends it", async () => {
  const { bodies, resources } = await startOverheard();
  const inputs = appInputs(key);
  const state = await resources[TYPES.app]?.create(inputs);
  expect(bodies).toEqual({
    "POST /api/v1/apps?activate=true": serviceApp("Sign-in groups"),
    "POST /api/v1/internal/apps/…/settings/oauth/idToken": { issuerMode: "ORG_URL" },
  });

  await resources[TYPES.app]?.update?.(state ?? { id: "", outputs: {} }, { ...inputs, label: "Other" });
  expect(bodies["PUT /api/v1/apps/…"]).toEqual(
    serviceApp("Other", { client_id: state?.id ?? "", client_secret: "" }),
  );
});

it("a hook is sent as the provider sends it, its secret each time", async () => {
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
  expect(state?.outputs).toEqual({ ...inputs, id: state?.id });
});

import { randomUUID } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSigner } from "../../../function/shared/google/signer.ts";
import { createClientAssertions } from "../../../function/shared/okta/client-assertion.ts";
import { deployEmbedded } from "../../../sandbox/deploy/embedded.ts";
import { type Clouds, programFor, startClouds } from "../../../sandbox/environment.ts";
import { describeEngine, startSandbox, wholeProgram } from "../../engine/support.ts";
import { hostings } from "../../support/hostings.ts";
import { runInSharedProcess } from "../../support/programs.ts";
import { recordFigure } from "../figures.ts";

/** The accounts that act in Okta by each key version, and what else that key could do. */
interface Holder {
  readonly keyVersion: string;
  readonly clientId: string;
  readonly scope: string;
  /** Signs a new assertion. @throws Error when Cloud KMS refuses */
  sign(): Promise<string>;
}

/** Hears the functions, or services, that are deployed, by the calls that deploy them. */
function createFunctionNames() {
  const names = new Set<string>();
  return {
    names,
    observe(notice: { readonly kind: string; readonly path?: string }) {
      const [, name] =
        /^\/v2\/(projects\/[^/]+\/locations\/[^/]+\/(?:functions|services)\/[^/:]+)$/.exec(
          notice.path ?? "",
        ) ?? [];
      if (notice.kind === "request" && name !== undefined) names.add(name);
    },
  };
}

async function callGoogle(
  { google }: Clouds,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${google.url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${google.deployerToken}`, "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  // The answers of Google's APIs are JSON objects.
  return (await response.json()) as Record<string, unknown>;
}

/** The plain variables of a function, or of a service, as Google answers it. */
async function variablesOf(clouds: Clouds, name: string): Promise<Readonly<Record<string, unknown>>> {
  const { serviceConfig, template } = await callGoogle(clouds, `/v2/${name}`);
  const containers: unknown = Reflect.get(Object(template), "containers");
  const list: unknown = Reflect.get(Object(Reflect.get(Object(containers), 0)), "env");
  const pairs = (Array.isArray(list) ? list : []).map((variable) => [variable.name, variable.value]);
  return {
    ...Object(Reflect.get(Object(serviceConfig), "environmentVariables")),
    ...Object.fromEntries(pairs),
  };
}

/** As whom the functions act in Okta now. */
async function holdersOf(clouds: Clouds, functions: Iterable<string>): Promise<Holder[]> {
  const holders: Holder[] = [];
  for (const name of functions) {
    const variables = await variablesOf(clouds, name);
    const variable = (key: string) => String(variables[key]);
    if (variables["OKTA_CLIENT_ID"] === undefined) continue;
    const [keyVersion, clientId] = [variable("SIGNING_KEY_VERSION"), variable("OKTA_CLIENT_ID")];
    const sign = createClientAssertions({
      clientId,
      keyId: variable("OKTA_KEY_ID"),
      audience: `${clouds.okta.url}/oauth2/v1/token`,
      sign: createSigner({
        endpoint: "",
        keyVersion,
        // The administrator of the key, not the account of the function.
        post: ({ url, body }) => callGoogle(clouds, url, body),
      }),
      now: Date.now,
      newId: randomUUID,
    });
    const scope = name.includes("reconcile") ? "okta.logs.read" : "okta.groups.manage";
    holders.push({ keyVersion, clientId, scope, sign: () => sign(new AbortController().signal) });
  }
  expect(holders.map(({ scope }) => scope).sort()).toEqual(["okta.groups.manage", "okta.logs.read"]);
  return holders;
}

/** Asks Okta for a token. */
async function askForToken({ okta }: Clouds, { scope }: Holder, assertion: string) {
  const response = await fetch(`${okta.url}/oauth2/v1/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      scope,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
    }),
  });
  const answer: unknown = await response.json();
  return { status: response.status, token: String(Reflect.get(Object(answer), "access_token")), answer };
}

/** What a token of theirs is answered. */
async function use({ okta }: Clouds, { scope }: Holder, token: string): Promise<number> {
  const path = scope === "okta.logs.read" ? "/api/v1/logs" : "/api/v1/groups";
  return (await fetch(okta.url + path, { headers: { authorization: `Bearer ${token}` } })).status;
}

/** An attacker with the keys takes all they can now: assertions not used yet, which are as good as a restored key, and a token. */
async function takeAlong(clouds: Clouds, holders: readonly Holder[]) {
  return Promise.all(
    holders.map(async (holder) => {
      const { status, token } = await askForToken(clouds, holder, await holder.sign());
      expect(status).toBe(200);
      expect(await use(clouds, holder, token)).not.toBe(401);
      return { holder, token, assertion: await holder.sign() };
    }),
  );
}

/** Nothing that was taken along is of any use. */
async function expectUseless(clouds: Clouds, taken: Awaited<ReturnType<typeof takeAlong>>): Promise<void> {
  for (const { holder, token, assertion } of taken) {
    expect(await callGoogle(clouds, `/v1/${holder.keyVersion}`)).toMatchObject({
      state: "DESTROY_SCHEDULED",
    });
    await expect(holder.sign()).rejects.toThrow(/not enabled, current state is: DESTROY_SCHEDULED/);
    const { status, answer } = await askForToken(clouds, holder, assertion);
    expect(status).toBe(401);
    expect(answer).toMatchObject({ error: "invalid_client" });
    expect(await use(clouds, holder, token)).toBe(401);
    recordFigure("former keys refused", 1);
  }
}

/** States of all versions of the keys of these versions. */
async function statesOf(clouds: Clouds, holders: readonly Holder[]): Promise<unknown[]> {
  const states = holders.map(async ({ keyVersion }) => {
    const key = keyVersion.replace(/\/[^/]+$/, "");
    const versions: unknown = (await callGoogle(clouds, `/v1/${key}`))["cryptoKeyVersions"];
    return (Array.isArray(versions) ? versions : []).map((version) => Reflect.get(Object(version), "state"));
  });
  return Promise.all(states);
}

const gone = "DESTROY_SCHEDULED";

describe("keys, under the embedded driver", () => {
  // Each hosting has functions of its own, which hold the keys until they are gone.
  it.each(hostings("service"))(
    "are scheduled for destruction by a destroy, and their apps are gone, with hosting as %s",
    async (hosting) => {
      const { names, observe } = createFunctionNames();
      const clouds = await startClouds({ onOkta: () => {}, onGoogle: observe });
      onTestFinished(() => clouds.close());
      const { destroy } = await deployEmbedded({
        ...programFor(clouds, { hosting }),
        start: runInSharedProcess,
      });
      const holders = await holdersOf(clouds, names);
      expect(await statesOf(clouds, holders)).toEqual([["ENABLED"], ["ENABLED"]]);
      const taken = await takeAlong(clouds, holders);
      await destroy();
      expect(await statesOf(clouds, holders)).toEqual([[gone], [gone]]);
      await expectUseless(clouds, taken);
    },
    120_000,
  );
});

// A rotation makes and ends keys and apps, which are the same with both hostings: test/engine/rotation.test.ts moves the stack as well.
describeEngine("keys, under Pulumi's engine", { timeout: wholeProgram }, () => {
  it("are kept after a rotation, and of no use once they are revoked or the stack is destroyed", async () => {
    const { names, observe } = createFunctionNames();
    const sandbox = await startSandbox({}, {}, observe);
    onTestFinished(() => sandbox.close());
    const { clouds, run, workspace } = sandbox;
    await run("up");
    const first = await holdersOf(clouds, names);
    await workspace.configure({ "signin-groups:signingKeyRotation": "2" });
    await run("up");
    const kept = await takeAlong(clouds, first);
    await workspace.configure({ "signin-groups:signingKeyRevoked": "1" });
    await run("up");
    await expectUseless(clouds, kept);

    const second = await holdersOf(clouds, names);
    expect(await statesOf(clouds, second)).toEqual([
      [gone, "ENABLED"],
      [gone, "ENABLED"],
    ]);
    const taken = await takeAlong(clouds, second);
    await run("destroy");
    expect(await statesOf(clouds, second)).toEqual([
      [gone, gone],
      [gone, gone],
    ]);
    await expectUseless(clouds, taken);
  });
});

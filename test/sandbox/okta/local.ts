import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import { onTestFinished } from "vitest";
import type { OktaNotice } from "../../../sandbox/okta/model/notices.ts";
import { type LocalOkta, type LocalOktaOptions, startOkta } from "../../../sandbox/okta/server.ts";

import { serviceAppBody } from "../../../sandbox/simulation/org.ts";

export { serviceAppBody as appBody };

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON; undefined when the body was empty. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
}

/** An org for one test, with its notices and a way to call it. */
export interface TestOkta extends LocalOkta {
  readonly notices: OktaNotice[];
  /** Its clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** As the super administrator unless `authorization` says otherwise. */
  call(method: string, path: string, body?: unknown, authorization?: string): Promise<Answer>;
  noticesOf<Kind extends OktaNotice["kind"]>(kind: Kind): Extract<OktaNotice, { kind: Kind }>[];
}

/** Starts an org that ends with the test. */
export async function startTestOkta(options: Omit<LocalOktaOptions, "observe"> = {}): Promise<TestOkta> {
  const notices: OktaNotice[] = [];
  const okta = await startOkta({ ...options, observe: (notice) => notices.push(notice) });
  onTestFinished(() => okta.close());
  return {
    ...okta,
    notices,
    now: options.now ?? Date.now,
    async call(method, path, body, authorization = `SSWS ${okta.apiToken}`) {
      const response = await fetch(okta.url + path, {
        method,
        headers: {
          ...(authorization === "" ? {} : { authorization }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await response.text();
      const { status, headers } = response;
      return { status, headers, body: text === "" ? undefined : JSON.parse(text) };
    },
    noticesOf: (kind) =>
      notices.filter((notice): notice is Extract<OktaNotice, { kind: typeof kind }> => notice.kind === kind),
  };
}

/** A private key and its public half as an app holds it. */
export interface TestKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: { readonly kid: string; readonly kty: string; readonly e: string; readonly n: string };
}

/** A new RSA key. */
export function newKey(kid = "key-1"): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { e = "", n = "" } = publicKey.export({ format: "jwk" });
  return { kid, privateKey, publicJwk: { kid, kty: "RSA", e, n } };
}

/** Makes a service app that has these scopes. */
export async function makeApp(okta: TestOkta, key: TestKey, scopes: readonly string[]): Promise<string> {
  const app = await okta.call("POST", "/api/v1/apps", serviceAppBody(`App ${randomUUID()}`, [key.publicJwk]));
  const id: string = app.body.id;
  for (const scopeId of scopes) {
    await okta.call("POST", `/api/v1/apps/${id}/grants`, { issuer: okta.url, scopeId });
  }
  return id;
}

/** A client assertion, with claims and header to be spoilt. */
export async function makeAssertion(
  okta: { readonly url: string },
  clientId: string,
  key: TestKey,
  now: number,
  changes: { claims?: Record<string, unknown>; header?: Record<string, unknown> } = {},
): Promise<string> {
  const seconds = Math.floor(now / 1000);
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: `${okta.url}/oauth2/v1/token`,
    iat: seconds,
    exp: seconds + 300,
    jti: randomUUID(),
    ...changes.claims,
  };
  const header = { alg: "RS256", kid: key.kid, ...changes.header };
  return new SignJWT(claims).setProtectedHeader(header).sign(key.privateKey);
}

/** Asks the token endpoint. A parameter that is undefined is left out. */
export async function requestToken(
  okta: TestOkta,
  parameters: Record<string, string | undefined>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const form = Object.entries({
    grant_type: "client_credentials",
    scope: "okta.groups.manage",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    ...parameters,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await fetch(`${okta.url}/oauth2/v1/token`, {
    method: "POST",
    headers,
    body: new URLSearchParams(form),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** An app's token as an Authorization header. */
export async function bearer(okta: TestOkta, clientId: string, key: TestKey, scope: string): Promise<string> {
  const assertion = await makeAssertion(okta, clientId, key, okta.now());
  const token = await requestToken(okta, { client_assertion: assertion, scope });
  return `Bearer ${token.body.access_token}`;
}

/** Makes a group and returns its id. */
export async function makeGroup(okta: TestOkta, name: string): Promise<string> {
  const group = await okta.call("POST", "/api/v1/groups", { profile: { name, description: name } });
  return group.body.id;
}

/** Gives an app a custom role with these permissions over these resources. */
export async function assignCustomRole(
  okta: TestOkta,
  clientId: string,
  permissions: readonly string[],
  resources: readonly string[],
): Promise<{ readonly role: string; readonly resourceSet: string; readonly assignment: string }> {
  const label = randomUUID();
  const role = await okta.call("POST", "/api/v1/iam/roles", { label, description: label, permissions });
  const set = await okta.call("POST", "/api/v1/iam/resource-sets", { label, description: label, resources });
  const assignment = await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, {
    type: "CUSTOM",
    role: role.body.id,
    "resource-set": set.body.id,
  });
  return { role: role.body.id, resourceSet: set.body.id, assignment: assignment.body.id };
}

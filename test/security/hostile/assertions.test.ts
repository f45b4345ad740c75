import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalOkta, startOkta } from "../../../sandbox/okta/server.ts";
import { appBody } from "../../sandbox/okta/local.ts";
import { type FunctionProcess, startFunction } from "../../support/function-process.ts";
import { type FakeGoogle, startFakeGoogle } from "../../support/google.ts";
import { recordFigure } from "../figures.ts";
import { ask, type Fate, type OktaBetween, startBetween } from "./okta-between.ts";

// With one hosting only: Okta sees what the bundle sends, which is the same with both, and nothing of the server.

const GROUP = "00gAppUsers";

let google: FakeGoogle;
let okta: LocalOkta;
let between: OktaBetween;
let grant: FunctionProcess;

beforeAll(async () => {
  google = await startFakeGoogle();
  okta = await startOkta();
  between = await startBetween(okta.url);
  const key = { kid: "key-1", ...google.publicKey.export({ format: "jwk" }) };
  const app = await manage("/api/v1/apps", appBody("grant", [key]));
  await manage(`/api/v1/apps/${app}/grants`, { issuer: okta.url, scopeId: "okta.groups.manage" });
  grant = await startFunction("grant", {
    OKTA_ORG_URL: between.url,
    OKTA_CLIENT_ID: app,
    OKTA_KEY_ID: "key-1",
    SIGNING_KEY_VERSION: "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
    RATE_LIMIT_RESERVE_PERCENT: "10",
    GROUP_IDS: GROUP,
    TASK_SECONDS: "10",
    MEMBER_SNAPSHOT_SECONDS: "3600",
    QUEUE_RETRY_SECONDS: "604800",
    PROJECT: "acme",
    GCE_METADATA_HOST: google.metadataHost,
    CLOUD_KMS_ENDPOINT: google.url,
  });
});

afterAll(async () => {
  await grant.stop();
  between.close();
  await okta.close();
  google.close();
});

/** As an administrator; the id of what was made. */
async function manage(path: string, body: unknown): Promise<string> {
  const response = await fetch(okta.url + path, {
    method: "POST",
    headers: { authorization: `SSWS ${okta.apiToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return String(JSON.parse(await response.text()).id);
}

let users = 0;

/** Has the function make another user a member; the status of its answer. */
async function addSomebody(): Promise<number> {
  users += 1;
  const response = await fetch(grant.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ groupId: GROUP, userId: `00u${users}`, eventUuid: "0aa1bb22" }),
  });
  await response.text();
  return response.status;
}

/** Each token is refused once it was used so often, so that the next call needs another. */
function refuseTokensAfter(calls: number): void {
  const uses = new Map<string, number>();
  between.acceptsToken = (authorization) => {
    const used = (uses.get(authorization) ?? 0) + 1;
    uses.set(authorization, used);
    return used <= calls;
  };
}

/** Sends Okta an assertion as the function would. */
function send(assertion: string): Promise<{ readonly status: number; readonly text: string }> {
  const { host } = new URL(between.url);
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    scope: "okta.groups.manage",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
  });
  return ask(
    okta.url,
    { headers: { host, "content-type": "application/x-www-form-urlencoded" } },
    form.toString(),
  );
}

describe("client assertions", () => {
  it("are made anew for every token, whatever becomes of the one before", async () => {
    refuseTokensAfter(2);
    for (let round = 0; round < 10; round += 1) expect(await addSomebody()).toBe(200);
    const fates: readonly Fate[] = ["kept, 503", "kept, cut", "answer lost, 503", "answer lost, cut"];
    for (const fate of fates) {
      between.fates.push(fate);
      // Until a token is asked for.
      while (between.fates.length > 0) await addSomebody();
      expect(await addSomebody()).toBe(200);
    }
    between.acceptsToken = () => true;

    const { heard } = between;
    expect(heard.length).toBeGreaterThan(10);
    expect(new Set(heard.map(({ assertion }) => assertion)).size).toBe(heard.length);
    expect(new Set(heard.map(({ assertion }) => claimsOf(assertion)["jti"])).size).toBe(heard.length);
    // Ten minutes at most, of which five are for clocks that differ; Okta would take an hour.
    const now = Date.now() / 1000;
    for (const { assertion } of heard) expect(claimsOf(assertion)["exp"]).toBeLessThanOrEqual(now + 600);
    // Those that Okta heard of were good; two it never heard of.
    expect(heard.filter(({ status }) => status === undefined)).toHaveLength(2);
    expect(new Set(heard.map(({ status }) => status))).toEqual(new Set([200, undefined]));
  });

  it("can't be used again by who has heard them", async () => {
    for (const { assertion, status } of between.heard) {
      // What never came to Okta is good for one time: it is nobody's but Okta's to know.
      if (status === undefined) expect((await send(assertion)).status).toBe(200);
      const again = await send(assertion);
      expect(again.status).toBe(401);
      expect(JSON.parse(again.text)).toMatchObject({
        error: "invalid_client",
        error_description: expect.stringContaining("already been used"),
      });
    }
    recordFigure("replayed assertions refused", between.heard.length);
  });

  const [asHeader, asClaims] = [0, 1];
  const alterations: readonly (readonly [name: string, alter: (assertion: string) => string])[] = [
    ["another jti", (one) => altered(one, asClaims, { jti: "another" })],
    ["no jti", (one) => altered(one, asClaims, { jti: undefined })],
    ["a later end", (one) => altered(one, asClaims, { exp: Math.floor(Date.now() / 1000) + 3000 })],
    ["another app", (one) => altered(one, asClaims, { iss: "0oaOther", sub: "0oaOther" })],
    ["no signature", unsigned],
    ["no signature, as its header says", (one) => unsigned(altered(one, asHeader, { alg: "none" }))],
    ["a signature by a shared secret", (one) => altered(one, asHeader, { alg: "HS256" })],
    ["another key", (one) => altered(one, asHeader, { kid: "key-2" })],
    [
      "a key of its own",
      (one) => altered(one, asHeader, { jwk: { kty: "RSA" }, jku: "https://evil.example" }),
    ],
    ["one more part", (one) => `${one}.x`],
    ["a character more", (one) => `${one}x`],
  ];

  it.each(alterations)("can't be used again with %s", async (_name, alter) => {
    for (const { assertion } of between.heard.slice(0, 3)) {
      const { status, text } = await send(alter(assertion));
      expect([status, JSON.parse(text).error]).toEqual([401, "invalid_client"]);
    }
  });

  it("stand in no log", () => {
    const text = JSON.stringify(grant.entries);
    for (const { assertion } of between.heard) {
      for (const part of assertion.split(".")) expect(text).not.toContain(part);
    }
  });
});

function claimsOf(assertion: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(assertion.split(".")[1] ?? "", "base64url").toString());
}

function altered(assertion: string, position: number, changes: Record<string, unknown>): string {
  const parts = assertion.split(".");
  const part = JSON.parse(Buffer.from(parts[position] ?? "", "base64url").toString());
  parts[position] = Buffer.from(JSON.stringify({ ...part, ...changes })).toString("base64url");
  return parts.join(".");
}

function unsigned(assertion: string): string {
  return assertion.slice(0, assertion.lastIndexOf(".") + 1);
}

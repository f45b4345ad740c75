import { Compute } from "google-auth-library";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Faults, noFaults } from "../../../../sandbox/google/faults.ts";
import { createTokens, type Tokens } from "../../../../sandbox/google/iam/tokens.ts";
import { type MetadataServer, startMetadataServer } from "../../../../sandbox/google/run/metadata-server.ts";

const EMAIL = "runner@signin-test.iam.gserviceaccount.com";
let tokens: Tokens;
let server: MetadataServer;
let faults: Faults;
const before = process.env["GCE_METADATA_HOST"];

beforeAll(async () => {
  tokens = createTokens(() => "1234567890");
  const where = { project: "signin-test", projectNumber: "42", region: "europe-west1" };
  faults = noFaults();
  server = await startMetadataServer({ ...where, email: EMAIL, tokens, faults });
  process.env["GCE_METADATA_HOST"] = server.host;
});
afterAll(async () => {
  if (before === undefined) delete process.env["GCE_METADATA_HOST"];
  else process.env["GCE_METADATA_HOST"] = before;
  await server.close();
});

const get = (path: string, headers: Record<string, string> = { "Metadata-Flavor": "Google" }) =>
  fetch(`http://${server.host}/computeMetadata/v1/${path}`, { headers });

it("google-auth-library gets an access token that stands for the account", async () => {
  const { token } = await new Compute({
    scopes: ["https://www.googleapis.com/auth/cloud-platform"],
  }).getAccessToken();
  expect(tokens.authenticate(token ?? "")).toEqual({ kind: "serviceAccount", email: EMAIL });
});

it("google-auth-library gets an identity token for an audience", async () => {
  const token = await new Compute().fetchIdToken("https://service.example");
  expect(decodeJwt(token)).toMatchObject({
    email: EMAIL,
    aud: "https://service.example",
    email_verified: true,
  });
  expect(await tokens.verifyIdentityToken(token, "https://service.example")).toMatchObject({
    sub: "1234567890",
  });
});

describe("a value", () => {
  it.each([
    ["project/project-id", "signin-test"],
    ["project/numeric-project-id", "42"],
    ["instance/region", "projects/42/regions/europe-west1"],
    ["instance/service-accounts/default/email", EMAIL],
    [`instance/service-accounts/${EMAIL}/email`, EMAIL],
    ["universe/universe-domain", "googleapis.com"],
    ["instance/service-accounts/default/scopes", "https://www.googleapis.com/auth/cloud-platform"],
  ])("%s", async (path, expected) => {
    const response = await get(path);
    expect(response.headers.get("metadata-flavor")).toBe("Google");
    expect(await response.text()).toBe(expected);
  });
});

describe("a token", () => {
  const kinds = ["token", "identity?audience=https://a.example"];

  it.each(kinds)("is refused when a fault says so, and nothing else is: %s", async (kind) => {
    faults.issueToken = { answer: 503, times: 1 };
    expect((await get("project/project-id")).status).toBe(200);
    expect((await get("instance/service-accounts/default/email")).status).toBe(200);
    const refused = await get(`instance/service-accounts/default/${kind}`);
    expect([refused.status, refused.headers.get("metadata-flavor")]).toEqual([503, "Google"]);
    expect((await get(`instance/service-accounts/${EMAIL}/${kind}`)).status).toBe(200);
    expect(faults.issueToken.times).toBe(0);
    faults.issueToken = undefined;
  });

  it("never comes when a fault says so", async () => {
    faults.issueToken = { answer: "nothing", times: 1 };
    const leaving = new AbortController();
    const headers = { "Metadata-Flavor": "Google" };
    const path = "computeMetadata/v1/instance/service-accounts/default/token";
    const waiting = fetch(`http://${server.host}/${path}`, { headers, signal: leaving.signal });
    await expect.poll(() => faults.issueToken?.times).toBe(0);
    leaving.abort();
    await expect(waiting).rejects.toThrow();
    faults.issueToken = undefined;
  });
});

describe("refused", () => {
  it.each<[string, string, Record<string, string>, number]>([
    ["a request without the header", "project/project-id", {}, 403],
    ["a request with another flavour", "project/project-id", { "Metadata-Flavor": "vanilla" }, 403],
    ["a path that is none", "instance/nothing", { "Metadata-Flavor": "Google" }, 404],
    ["another account", "instance/service-accounts/other@p/token", { "Metadata-Flavor": "Google" }, 404],
    [
      "an identity for nobody",
      "instance/service-accounts/default/identity",
      { "Metadata-Flavor": "Google" },
      400,
    ],
  ])("%s", async (_case, path, headers, status) => {
    expect((await get(path, headers)).status).toBe(status);
  });
});

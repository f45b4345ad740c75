import { createHash, verify } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crc32c } from "../../../../sandbox/google/crc32c.ts";
import { type Answer, type Local, PARENT, startLocal } from "../local.ts";

const RING = `/v1/${PARENT}/keyRings/ring`;
const SIGNING = {
  purpose: "ASYMMETRIC_SIGN",
  versionTemplate: { algorithm: "RSA_SIGN_PKCS1_2048_SHA256", protectionLevel: "SOFTWARE" },
};
let local: Local;

beforeAll(async () => {
  local = await startLocal();
  await local.call("POST", `/v1/${PARENT}/keyRings?keyRingId=ring`);
});
afterAll(() => local.google.close());

async function makeKey(id: string, query = ""): Promise<string> {
  await local.call("POST", `${RING}/cryptoKeys?cryptoKeyId=${id}${query}`, SIGNING);
  return `${RING}/cryptoKeys/${id}`;
}

async function publicKey(version: string): Promise<Answer> {
  let answer = await local.call("GET", `${version}/publicKey`);
  while (answer.status === 400 && answer.body.error.message.includes("PENDING_GENERATION")) {
    answer = await local.call("GET", `${version}/publicKey`);
  }
  return answer;
}

it("CRC-32C is that of RFC 3720", () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
});

describe("a version", () => {
  it("is being made at first, becomes ready by time, and signs what its public key verifies", async () => {
    const key = await makeKey("signer", "&skipInitialVersionCreation=true");
    expect((await local.call("GET", `${key}/cryptoKeyVersions`)).body.cryptoKeyVersions).toEqual([]);
    const made = await local.call("POST", `${key}/cryptoKeyVersions`, {});
    expect(made.body).toMatchObject({ state: "PENDING_GENERATION", algorithm: "RSA_SIGN_PKCS1_2048_SHA256" });
    const version = `/v1/${made.body.name}`;
    const early = await local.call("GET", `${version}/publicKey`);
    expect(early.status).toBe(400);
    expect(early.body.error.message).toContain("PENDING_GENERATION");
    const { pem, algorithm, pemCrc32c } = (await publicKey(version)).body;
    expect(algorithm).toBe("RSA_SIGN_PKCS1_2048_SHA256");
    expect(pemCrc32c).toBe(String(crc32c(Buffer.from(pem))));

    const message = Buffer.from("a message");
    const digest = createHash("sha256").update(message).digest();
    const signed = await local.call("POST", `${version}:asymmetricSign`, {
      digest: { sha256: digest.toString("base64") },
      digestCrc32c: String(crc32c(digest)),
    });
    const signature = Buffer.from(signed.body.signature, "base64");
    expect(verify("sha256", message, pem, signature)).toBe(true);
    expect(signed.body).toMatchObject({
      name: made.body.name,
      verifiedDigestCrc32c: true,
      signatureCrc32c: String(crc32c(signature)),
    });
  });

  it.each([
    ["no digest", {}],
    ["a digest of another hash", { digest: { sha512: "AAAA" } }],
    ["a digest too short", { digest: { sha256: "AAAA" } }],
    [
      "a digest that was damaged",
      { digest: { sha256: Buffer.alloc(32).toString("base64") }, digestCrc32c: "1" },
    ],
  ])("signs nothing for %s", async (_case, body) => {
    const key = await makeKey(`refuser-${Math.random().toString(36).slice(2)}`);
    await publicKey(`${key}/cryptoKeyVersions/1`);
    const answer = await local.call("POST", `${key}/cryptoKeyVersions/1:asymmetricSign`, body);
    expect(answer.body.error.status).toBe("INVALID_ARGUMENT");
  });

  it("is not destroyed while it is being made", async () => {
    const version = `${await makeKey("hasty")}/cryptoKeyVersions/1`;
    const refused = await local.call("POST", `${version}:destroy`, {});
    expect(refused).toMatchObject({ status: 400, body: { error: { status: "FAILED_PRECONDITION" } } });
    await publicKey(version);
    expect((await local.call("POST", `${version}:destroy`, {})).status).toBe(200);
  });

  it("counts as left over until it is scheduled for destruction, and signs no more after", async () => {
    const key = await makeKey("doomed");
    const version = `${key}/cryptoKeyVersions/1`;
    await publicKey(version);
    expect(local.google.leftovers().some((text) => text.includes("/doomed/"))).toBe(true);
    expect((await local.call("POST", `${version}:destroy`, {})).body.state).toBe("DESTROY_SCHEDULED");
    expect(local.google.leftovers().some((text) => text.includes("/doomed/"))).toBe(false);
    const digest = { sha256: Buffer.alloc(32).toString("base64") };
    const signed = await local.call("POST", `${version}:asymmetricSign`, { digest });
    expect(signed.body.error.message).toContain("DESTROY_SCHEDULED");
    expect((await local.call("POST", `${version}:destroy`, {})).status).toBe(400);
  });
});

describe("names", () => {
  it("of rings and keys can't be used twice", async () => {
    expect((await local.call("POST", `/v1/${PARENT}/keyRings?keyRingId=ring`)).status).toBe(409);
    await makeKey("once");
    expect((await local.call("POST", `${RING}/cryptoKeys?cryptoKeyId=once`, SIGNING)).status).toBe(409);
    expect((await local.call("DELETE", RING)).status).toBe(404);
  });

  it.each([
    ["no ring id", "POST", `/v1/${PARENT}/keyRings`, {}],
    ["a ring id with a dot", "POST", `/v1/${PARENT}/keyRings?keyRingId=a.b`, {}],
    ["a place that is none", "POST", "/v1/projects/signin-test/locations/mars/keyRings?keyRingId=a", {}],
    ["no algorithm", "POST", `${RING}/cryptoKeys?cryptoKeyId=a`, { purpose: "ASYMMETRIC_SIGN" }],
    [
      "an unknown algorithm",
      "POST",
      `${RING}/cryptoKeys?cryptoKeyId=a`,
      { ...SIGNING, versionTemplate: { algorithm: "RS256" } },
    ],
    [
      "a short destruction",
      "POST",
      `${RING}/cryptoKeys?cryptoKeyId=a`,
      { ...SIGNING, destroyScheduledDuration: "5s" },
    ],
    [
      "a duration with no unit",
      "POST",
      `${RING}/cryptoKeys?cryptoKeyId=a`,
      { ...SIGNING, destroyScheduledDuration: "90000" },
    ],
    [
      "an upper-case label",
      "POST",
      `${RING}/cryptoKeys?cryptoKeyId=a`,
      { ...SIGNING, labels: { Team: "x" } },
    ],
  ])("%s is refused", async (_case, method, path, body) => {
    const answer = await local.call(method, path, body);
    expect(answer.body.error).toMatchObject({ code: 400, status: "INVALID_ARGUMENT" });
  });
});

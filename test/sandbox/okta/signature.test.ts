import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { SignJWT } from "jose";
import { expect, it } from "vitest";
import { isSignedBy, keyTypeOf } from "../../../sandbox/okta/auth/client-assertion.ts";
import type { AppKey } from "../../../sandbox/okta/model/app.ts";

/** A key pair, the public half as an app holds it. */
function pair({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }) {
  const { kty, e, n, x, y } = publicKey.export({ format: "jwk" });
  const isRsa = kty === "RSA";
  const key: AppKey = {
    id: "pks1",
    kid: "key-1",
    kty: isRsa ? "RSA" : "EC",
    status: "ACTIVE",
    material: isRsa ? { e: e ?? "", n: n ?? "" } : { x: x ?? "", y: y ?? "" },
  };
  return { privateKey, key };
}

const rsa = (modulusLength = 2048) => pair(generateKeyPairSync("rsa", { modulusLength }));
const elliptic = (namedCurve: string) => pair(generateKeyPairSync("ec", { namedCurve }));

it.each([
  ["RS256", rsa],
  ["RS384", rsa],
  ["RS512", rsa],
  ["ES256", () => elliptic("P-256")],
  ["ES384", () => elliptic("P-384")],
  ["ES512", () => elliptic("P-521")],
])("%s is accepted of the key that signed, as it was signed", async (algorithm, make) => {
  const { privateKey, key } = make();
  const jwt = await new SignJWT({ sub: "0oa1" }).setProtectedHeader({ alg: algorithm }).sign(privateKey);
  const [header, , signature] = jwt.split(".");
  const other = Buffer.from('{"sub":"0oa2"}').toString("base64url");

  expect(keyTypeOf(algorithm)).toBe(key.kty);
  expect(isSignedBy(key, algorithm, jwt)).toBe(true);
  expect(isSignedBy(make().key, algorithm, jwt)).toBe(false);
  expect(isSignedBy(key, algorithm, `${header}.${other}.${signature}`)).toBe(false);
  expect(isSignedBy(key, algorithm, `${header}.${other}.`)).toBe(false);
});

it("a key shorter than RFC 7518 allows proves nothing", () => {
  const { privateKey, key } = rsa(1024);
  const input = `${Buffer.from('{"alg":"RS256"}').toString("base64url")}.e30`;
  const jwt = `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
  expect(isSignedBy(key, "RS256", jwt)).toBe(false);
});

it("a key that is none proves nothing", async () => {
  const { privateKey } = elliptic("P-256");
  const jwt = await new SignJWT({}).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
  const key: AppKey = {
    id: "pks1",
    kid: "key-1",
    kty: "EC",
    status: "ACTIVE",
    material: { x: "AQ", y: "AQ" },
  };
  expect(isSignedBy(key, "ES256", jwt)).toBe(false);
});

it.each(["HS256", "none", "PS256", "constructor", 7, undefined])(
  "%s is not an algorithm that Okta takes",
  (algorithm) => {
    expect(keyTypeOf(algorithm)).toBeUndefined();
  },
);

import { verify } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { GoogleApiError, SigningKeyError } from "../../../../function/shared/errors.ts";
import { createGooglePost } from "../../../../function/shared/google/api.ts";
import { createSigner, type Sign } from "../../../../function/shared/google/signer.ts";
import { type FakeGoogle, googleError, startFakeGoogle } from "../../../support/google.ts";

const KEY_VERSION = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1";
const { signal } = new AbortController();

let google: FakeGoogle;
let sign: Sign;

beforeEach(async () => {
  google = await startFakeGoogle();
  const post = createGooglePost(async () => "google-token", fetch);
  sign = createSigner({ endpoint: google.url, keyVersion: KEY_VERSION, post });
});

afterEach(() => google.close());

const failure = () => sign("data", signal).catch((error: unknown) => error);

it("signs by the key in Cloud KMS", async () => {
  expect(verify("sha256", Buffer.from("data"), google.publicKey, await sign("data", signal))).toBe(true);
});

it.each([
  [400, "FAILED_PRECONDITION", `gcloud kms keys versions enable ${KEY_VERSION}`],
  [403, "PERMISSION_DENIED", "pulumi up --refresh"],
  [404, "NOT_FOUND", "Add one to signingKeyRotation"],
])("says what to do when Cloud KMS refuses with %i %s", async (status, reason, remedy) => {
  google.kms = () => googleError(status, reason);
  const error = await failure();
  expect(error).toBeInstanceOf(SigningKeyError);
  expect(error).toMatchObject({ remedy: expect.stringContaining(remedy) });
});

it.each([
  [503, "UNAVAILABLE"],
  [403, ""],
])("leaves as it is what may pass by itself: %i %s", async (status, reason) => {
  google.kms = () => googleError(status, reason);
  expect(await failure()).toBeInstanceOf(GoogleApiError);
});

it("leaves as it is that Cloud KMS is not reached", async () => {
  google.close();
  expect(await failure()).toMatchObject({ message: "fetch failed" });
});

it("refuses an answer without a signature", async () => {
  google.kms = () => Response.json({ name: KEY_VERSION });
  expect(await failure()).toMatchObject({ message: "Cloud KMS asymmetricSign: the answer has no signature" });
});

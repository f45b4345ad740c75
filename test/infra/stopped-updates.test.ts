import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { countTypes, declare } from "./declare.ts";
import { defaultCounts } from "./expected.ts";

describe("a preview on nothing", () => {
  it("declares everything without an error", async () => {
    const recording = await declare({}, { dryRun: true });
    expect(recording.error).toBeUndefined();
    // What hangs on a key that does not exist yet is declared all the same.
    expect(countTypes(recording)).toEqual(defaultCounts);
  });

  it("refuses a configuration before it declares anything, with every mistake", async () => {
    const recording = await declare(
      {
        "gcp:region": "Europe",
        "okta:orgName": "acme-admin",
        "signin-groups:receiveMemory": "512MB",
        "signin-groups:recieveCpu": "1",
        "signin-groups:rules":
          '[{"group":"A","on":["user.session.start"],"when":"event.actor.login == \'x\'"}]',
      },
      { dryRun: true },
    );
    expect(recording.resources).toEqual([]);
    expect(recording.error).toContain("The configuration has 5 mistakes:");
    for (const line of [
      'gcp:region is "Europe": it must be a region of Cloud Run, for example "pulumi config set gcp:region europe-west1".',
      'okta:orgName is "acme-admin": it must be the first part of the org\'s address without -admin, for example "acme" of acme.okta.com.',
      'signin-groups:receiveMemory is "512MB": it must be a whole number followed by Mi or Gi, from 128Mi to 32Gi, for example 512Mi.',
      "signin-groups:recieveCpu is 1: there is no such setting.",
      "signin-groups:rules[0].when is \"event.actor.login == 'x'\": No such key: login",
    ]) {
      expect(recording.error).toContain(line);
    }
    expect(recording.error).not.toContain("at ");
  });
});

describe("a signing key", () => {
  const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
  const pem = elliptic.export({ type: "spki", format: "pem" }).toString();

  it.each([
    [
      "that Cloud KMS does not return",
      [],
      'returned no public key for the signing key. Run "pulumi up" again.',
    ],
    [
      "that is not an RSA key",
      [{ algorithm: "EC_SIGN_P256_SHA256", pem }],
      "The signing key in Cloud KMS is not an RSA key. Add one to signingKeyRotation to create a new one.",
    ],
  ])("%s fails the update, with what to do", async (_name, publicKeys, message) => {
    const { error } = await declare({}, { publicKeys });
    expect(error).toContain(message);
    expect(error).not.toContain("error serializing property");
  });
});

describe("a function that is not serving", () => {
  const states = [
    ["failed", { state: "FAILED", serviceConfig: {} }, 'The function "grant" is FAILED, without an address'],
    ["without an address", { state: "ACTIVE", serviceConfig: { uri: "" } }, "is ACTIVE, without an address"],
  ] as const;

  it.each(states)("(%s) fails the update, also one that changes nothing", async (_name, outputs, message) => {
    const { error } = await declare({}, { functionOutputs: outputs });
    expect(error).toContain(message);
    expect(error).not.toContain("error serializing property");
    expect(error).toContain("pulumi up --refresh --replace 'urn:pulumi:dev::signin-groups::");
  });

  const served = { uri: "https://x.run.app", service: "projects/p/locations/l/services/x" };
  const unlike = [
    [
      "its code",
      { buildConfig: { environmentVariables: { ARCHIVE_SHA256: "0".repeat(64) } } },
      "its previous code",
    ],
    [
      "its memory",
      { serviceConfig: { ...served, availableMemory: "256Mi" } },
      "serviceConfig.availableMemory",
    ],
    [
      "a variable",
      { serviceConfig: { ...served, environmentVariables: { PROJECT: "other" } } },
      "serviceConfig.environmentVariables.PROJECT",
    ],
    [
      "a variable that is not there",
      { serviceConfig: { ...served, environmentVariables: {} } },
      "serviceConfig.environmentVariables.OKTA_KEY_ID",
    ],
    [
      "the hash of its archive, which is not there,",
      { buildConfig: { environmentVariables: {} } },
      "still runs its previous code",
    ],
    [
      "a secret that is used and should not be",
      {
        serviceConfig: { ...served, secretEnvironmentVariables: [{ key: "OLD", secret: "s", version: "1" }] },
      },
      "serviceConfig.secretEnvironmentVariables.OLD",
    ],
  ] as const;

  it.each(unlike)(
    "with another version of %s than was declared fails the update",
    async (_name, outputs, path) => {
      const { error } = await declare(
        {},
        { functionOutputs: { state: "ACTIVE", serviceConfig: served, ...outputs } },
      );
      expect(error).toMatch(
        /The function "grant" still runs .*: its last update failed, or did not include it/,
      );
      expect(error).toContain(path);
      expect(error).toContain("then run: pulumi up --refresh");
    },
  );

  const others = [
    [":Queue", { rateLimits: { maxDispatchesPerSecond: 7 } }, "queue", "rateLimits.maxDispatchesPerSecond"],
    [
      ":Queue",
      { httpTarget: { uriOverride: { host: "old.run.app" } } },
      "queue",
      "httpTarget.uriOverride.host",
    ],
    [":Job", { schedule: "0 0 1 1 *" }, "schedule", "schedule"],
    [":Job", { httpTarget: { uri: "https://old.run.app" } }, "schedule", "httpTarget.uri"],
  ] as const;

  it.each(others)(
    "as a %s that is not as declared does, fails the update: %o",
    async (type, answer, what, path) => {
      const { error } = await declare({}, { answers: { [type]: answer } });
      expect(error).toMatch(
        new RegExp(
          `The ${what} \\S+ has its previous settings: its last update failed, or did not include it`,
        ),
      );
      expect(error).toContain(`Not as declared: ${path}. Run: pulumi up --refresh`);
      expect(error).not.toContain("error serializing property");
    },
  );

  it("does not fail the preview of the update that fixes it", async () => {
    const { error, logs } = await declare({}, { dryRun: true, functionOutputs: states[0][1] });
    expect(error).toBeUndefined();
    expect(logs).toContainEqual({ severity: "warning", message: expect.stringContaining("is FAILED") });
  });
});

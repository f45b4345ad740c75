import { describe, expect, it } from "vitest";
import { ablate, closedWays } from "./ablate.ts";
import { deployBefore } from "./deploy-before.ts";
import { describeGrant, grantsAmong } from "./grants.ts";
import { spareAmong } from "./spare.ts";

const KEY_MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember";

const ready = deployBefore("functions");

describe("the rights that the program gives", () => {
  it("suffice", async () => {
    const { deployed, ways } = ready();
    expect(await closedWays(deployed, ways)).toEqual([]);
  });

  it("would be reported by name if one of them were spare", { timeout: 300_000 }, async () => {
    const { deployed, ways } = ready();
    const [needed] = deployed.declared.filter(({ type }) => type === KEY_MEMBER);
    if (needed === undefined) throw new Error("Nobody may sign.");
    const inputs = { ...needed.inputs, role: "roles/cloudkms.viewer" };
    const spare = { ...needed, inputs, state: await needed.handler.create(inputs) };
    const grants = grantsAmong([spare]);
    expect(spareAmong(await ablate(deployed, ways, grants))).toEqual(grants.map(describeGrant));
    expect(grants.map(describeGrant)).toEqual([expect.stringMatching(/: roles\/cloudkms.viewer on key `/)]);
  });

  it("are looked for in resources of every type, also of one that is new here", () => {
    const [known] = ready().deployed.declared;
    if (known === undefined) throw new Error("Nothing was declared.");
    expect(() => grantsAmong([{ ...known, type: "gcp:kms/keyRingIAMBinding:KeyRingIAMBinding" }])).toThrow(
      "Nobody has looked whether a gcp:kms/keyRingIAMBinding:KeyRingIAMBinding is a grant",
    );
  });
});

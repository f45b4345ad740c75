import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ablate, closedWays } from "./ablate.ts";
import { type Deployed, deployOnce } from "./deployment.ts";
import { describeGrant, grantsAmong } from "./grants.ts";
import { spareAmong } from "./spare.ts";
import { type Way, waysThrough } from "./ways.ts";

const KEY_MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember";

let deployed: Deployed;
let ways: readonly Way[];

beforeAll(async () => {
  deployed = await deployOnce();
  ways = waysThrough(deployed);
}, 300_000);

afterAll(() => deployed?.clouds.close());

describe("the rights that the program gives", () => {
  it("suffice", async () => {
    expect(await closedWays(deployed, ways)).toEqual([]);
  });

  it("would be reported by name if one of them were spare", { timeout: 300_000 }, async () => {
    const [needed] = deployed.declared.filter(({ type }) => type === KEY_MEMBER);
    if (needed === undefined) throw new Error("Nobody may sign.");
    const inputs = { ...needed.inputs, role: "roles/cloudkms.viewer" };
    const spare = { ...needed, inputs, state: await needed.handler.create(inputs) };
    const grants = grantsAmong([spare]);
    expect(spareAmong(await ablate(deployed, ways, grants))).toEqual(grants.map(describeGrant));
    expect(grants.map(describeGrant)).toEqual([expect.stringMatching(/: roles\/cloudkms.viewer on key `/)]);
  });

  it("are looked for in resources of every type, also of one that is new here", () => {
    const [known] = deployed.declared;
    if (known === undefined) throw new Error("Nothing was declared.");
    expect(() => grantsAmong([{ ...known, type: "gcp:kms/keyRingIAMBinding:KeyRingIAMBinding" }])).toThrow(
      "Nobody has looked whether a gcp:kms/keyRingIAMBinding:KeyRingIAMBinding is a grant",
    );
  });
});

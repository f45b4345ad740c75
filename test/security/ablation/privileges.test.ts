import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordFigure } from "../figures.ts";
import { type Ablation, ablate, closedWays } from "./ablate.ts";
import { type Deployed, deployOnce } from "./deployment.ts";
import { describeGrant, grantsAmong } from "./grants.ts";
import { DOCUMENT, documentWith } from "./table.ts";
import { type Way, waysThrough } from "./ways.ts";

const KEY_MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember";

let deployed: Deployed;
let ways: readonly Way[];

beforeAll(async () => {
  deployed = await deployOnce();
  ways = waysThrough(deployed);
}, 300_000);

afterAll(() => deployed?.clouds.close());

const spareAmong = (ablations: readonly Ablation[]) =>
  ablations.filter(({ closed }) => closed.length === 0).map(({ grant }) => describeGrant(grant));

describe("the rights that the program gives", () => {
  it("suffice", async () => {
    expect(await closedWays(deployed, ways)).toEqual([]);
  });

  it("are each needed for something, as the document says", { timeout: 1_200_000 }, async () => {
    const ablations = await ablate(deployed, ways, grantsAmong(deployed.declared));
    expect(spareAmong(ablations)).toEqual([]);
    expect(await closedWays(deployed, ways)).toEqual([]);
    recordFigure("grants ablated", ablations.length);
    // `npm run security:table` writes what was found.
    await expect(await documentWith(ablations)).toMatchFileSnapshot(DOCUMENT);
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

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordFigure } from "../figures.ts";
import { ablate, closedWays, tryNarrower } from "./ablate.ts";
import { type Deployed, deployOnce } from "./deployment.ts";
import { grantsAmong } from "./grants.ts";
import { narrowerThan } from "./narrower.ts";
import { spareAmong } from "./spare.ts";
import { DOCUMENT, documentWith } from "./table.ts";
import { type Way, waysThrough } from "./ways.ts";

let deployed: Deployed;
let ways: readonly Way[];

beforeAll(async () => {
  deployed = await deployOnce();
  ways = waysThrough(deployed);
}, 300_000);

afterAll(() => deployed?.clouds.close());

describe("each right that the program gives", () => {
  it("is needed for something, as the document says", { timeout: 1_200_000 }, async () => {
    const ablations = await ablate(deployed, ways, grantsAmong(deployed.declared));
    expect(spareAmong(ablations)).toEqual([]);
    expect(await closedWays(deployed, ways)).toEqual([]);
    recordFigure("grants ablated", ablations.length);
    // `npm run security:table` writes what was found.
    await expect(await documentWith(ablations)).toMatchFileSnapshot(DOCUMENT);
  });

  it("is the narrowest that does", { timeout: 1_200_000 }, async () => {
    const narrower = grantsAmong(deployed.declared).flatMap((grant) => narrowerThan(grant, deployed));
    const { tried, sufficient } = await tryNarrower(deployed, ways, narrower);
    expect(sufficient).toEqual([]);
    expect(await closedWays(deployed, ways)).toEqual([]);
    recordFigure("narrower grants tried", tried.length);
  });
});

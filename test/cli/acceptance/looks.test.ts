import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { looks } from "../../../cli/acceptance/looks/index.ts";
import { decisionsOf, findDecision } from "../../../cli/acceptance/report.ts";
import { readDecisions, readSources } from "../../../sandbox/fidelity/decisions.ts";
import { hostings } from "../../support/hostings.ts";
import { startWorld, type World } from "../world.ts";
import { alter, alteredDecisions } from "./altered.ts";
import { deployForLooks, type LookedAt } from "./round.ts";

const { decisions } = readDecisions(await readSources(join(import.meta.dirname, "../../..")));

it("every look names decisions that the sandbox has, each by words that no other begins with", () => {
  const found = decisionsOf(looks, decisions);
  expect(found.length).toBeGreaterThan(100);
  expect(found.filter(({ evidence }) => evidence === "assumed").length).toBeGreaterThan(30);
});

it("no two looks have the same id, by which fixtures name them", () => {
  const ids = looks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

describe.each(hostings("functions"))("on a sandbox with hosting: %s", (hosting) => {
  const own = looks.filter((look) => look.after === "look" && (look.hosting ?? hosting) === hosting);
  let world: World;
  let stack: LookedAt;
  let end: () => Promise<void>;

  beforeAll(async () => {
    world = await startWorld(undefined, (ends) => {
      end = ends;
    });
    stack = await deployForLooks(world, hosting);
  }, 120_000);

  afterAll(() => end());

  it("the looks confirm what the sandbox decides, and see all but what nobody can see there", async () => {
    const before = world.clouds.leftovers();
    const { seen } = await stack.look(own);
    expect(world.clouds.leftovers(), "they leave nothing behind").toEqual(before);
    expect(seen.filter(({ verdict }) => verdict === "refuted")).toEqual([]);
    const open = seen
      .filter(({ verdict }) => verdict === "not seen")
      .map(({ begins, seen: why }) => [begins, why]);
    expect(open).toEqual([["A project is read by its id", "200; a round needs the API, so it is on"]]);
  });

  it("the looks refute exactly what the sandbox was made to decide otherwise", async () => {
    const { okta, google } = world.clouds;
    alter(world.clouds);
    const { seen } = await stack.look(own);
    okta.faults.alter = undefined;
    google.faults.alter = undefined;
    const refuted = seen.filter(({ verdict }) => verdict === "refuted");
    const statements = refuted.map(({ file, begins }) => findDecision(decisions, file, begins).statement);
    expect(statements.sort()).toEqual([...alteredDecisions].sort());
    expect(refuted.map(({ seen: what }) => what).sort()).toEqual([
      "200",
      "400 E0000112",
      "403 PERMISSION_DENIED",
    ]);
  });
});

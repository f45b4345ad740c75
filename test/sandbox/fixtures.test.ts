import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { differences, type Exchange, type Fixture } from "../../cli/acceptance/fixture.ts";
import { looks } from "../../cli/acceptance/looks/index.ts";
import { deployForLooks } from "../cli/acceptance/round.ts";
import { startWorld } from "../cli/world.ts";
import { hostings } from "../support/hostings.ts";

const folder = join(import.meta.dirname, "fixtures");

async function readFixtures(): Promise<ReadonlyMap<string, Fixture>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  const read = async (name: string) =>
    // Written by npm run acceptance.
    [name, JSON.parse(await readFile(join(folder, name), "utf8")) as Fixture] as const;
  return new Map(await Promise.all(names.map(read)));
}

const fixtures = await readFixtures();

describe.each(hostings("service"))("recorded with hosting: %s", (hosting) => {
  const own = [...fixtures].filter(([, fixture]) => fixture.hosting === hosting);

  it("the sandbox answers the calls of every look as each fixture has recorded them", async () => {
    expect(own).not.toEqual([]);
    let end = async () => {};
    const world = await startWorld(undefined, (ends) => {
      end = ends;
    });
    onTestFinished(() => end());
    const stack = await deployForLooks(world, hosting);
    // What the other looks see follows of a whole round, whose test compares them.
    const made = looks.filter((look) => look.after === "look" && (look.hosting ?? hosting) === hosting);
    const { exchanges } = await stack.look(made);
    const ids = new Set(made.map(({ id }) => id));
    for (const [name, fixture] of own) {
      expect(JSON.stringify(fixture), name).not.toMatch(
        /signin-groups-(acceptance|left-out)-|@[\w-]+\.\w|\b00[ug][A-Za-z0-9]{17}\b/,
      );
      expect(differences(fixture.exchanges, exchanges, ids), name).toEqual([]);
      const known = new Set(looks.map(({ id }) => id));
      const strangers = fixture.exchanges.filter(({ look }) => !known.has(look));
      expect(strangers, `${name} has calls of looks that there are no more`).toEqual([]);
    }
  }, 120_000);
});

describe("a replay", () => {
  const exchange: Exchange = {
    ...{ look: "one", position: 0, cloud: "okta", method: "GET", path: "/api/v1/groups/00gID" },
    ...{ status: 200, code: "", body: { id: "string", type: "=OKTA_GROUP", profile: { name: "string" } } },
  };
  const compare = (change: Partial<Exchange>, looked = "one") =>
    differences([exchange], [{ ...exchange, ...change }], new Set([looked]));

  it.each([
    ["another status", { status: 404 }, /recorded 200, and the sandbox answers 404/],
    ["another code", { code: "E0000007" }, /answers 200 E0000007/],
    ["another method", { method: "POST" }, /asked POST/],
    ["a call fewer", { position: 1 }, /was not asked/],
    ["a field that is not recorded", { body: { id: "string", more: "string" } }, /body\.more/],
    ["another type", { body: { id: "number" } }, /body\.id: recorded a string, not a number/],
    ["a text in place of an object", { body: { profile: "string" } }, /body\.profile/],
  ] as const)("finds %s", (_, change, expected) => {
    expect(compare(change)).toEqual([expect.stringMatching(expected)]);
  });

  it.each([
    ["the same answer", {}],
    ["fewer fields", { body: { id: "string" } }],
    ["null for a value", { body: { id: "null" } }],
    ["another word where the words of the clouds differ", { body: { type: "=BUILT_IN" } }],
  ] as const)("takes %s", (_, change) => {
    expect(compare(change)).toEqual([]);
  });

  it("leaves out looks that were not made", () => {
    expect(compare({ status: 500 }, "two")).toEqual([]);
  });
});

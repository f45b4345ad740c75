import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSources } from "../../../sandbox/fidelity/decisions.ts";
import { findPlaces, type Place } from "../../../sandbox/fidelity/places.ts";

const root = join(import.meta.dirname, "../../..");
const places = findPlaces(await readSources(root));
const uncovered = places.filter(({ covered }) => !covered);

describe("every route and refusal", () => {
  it.each(["okta", "deploy/okta", "simulation", "google", "deploy/google"])(
    "of %s rests on a decision",
    (part) => {
      expect(uncovered.filter(isIn(part)).map(describePlace)).toEqual([]);
    },
  );

  it("is looked for in all of them", () => {
    const found = (part: string) => places.filter(isIn(part)).length;
    expect(found("okta")).toBeGreaterThan(150);
    expect(found("google")).toBeGreaterThan(200);
    expect(found("deploy")).toBeGreaterThan(40);
  });
});

function isIn(part: string): (place: Place) => boolean {
  return ({ file }) => file.startsWith(`sandbox/${part}/`);
}

function describePlace({ file, line, kind, code }: Place): string {
  return `${file}:${line}: ${kind}: ${code}`;
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Declared, differing } from "../../infra/google/as-declared.ts";

const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean());
const key = fc.constantFrom("memory", "timeout", "target", "account", "a b");
const { declared } = fc.letrec<{ declared: Declared; node: Declared[string] }>((tie) => ({
  declared: fc.dictionary(key, tie("node"), { maxKeys: 4 }),
  node: fc.oneof({ maxDepth: 3 }, leaf, tie("declared")),
}));

describe("what differs from what was declared", () => {
  it("is nothing when the cloud says the same, and whatever else", () => {
    fc.assert(
      fc.property(declared, fc.string(), (tree, more) => {
        expect(differing(tree, { ...tree, more })).toEqual([]);
      }),
    );
  });

  it("is each place at which the cloud says something else, and no other", () => {
    fc.assert(
      fc.property(declared, fc.uuid(), (tree, other) => {
        const changed = Object.fromEntries(Object.keys(tree).map((name) => [name, other]));
        const leaves = Object.entries(tree).filter(([, value]) => typeof value !== "object");
        expect(differing(tree, changed)).toEqual(leaves.map(([name]) => name));
      }),
    );
  });

  it("is named by its path", () => {
    const tree = { serviceConfig: { availableMemory: "512Mi", timeoutSeconds: 10 } };
    const answered = { serviceConfig: { availableMemory: "256Mi", timeoutSeconds: 10 } };
    expect(differing(tree, answered)).toEqual(["serviceConfig.availableMemory"]);
  });

  it.each([
    ["1Gi", "1024Mi", true],
    ["512Mi", "512M", false],
    ["1", "1000m", true],
    ["0.086", "86m", true],
    ["0.086", "87m", false],
    ["0", "0s", true],
    ["0.1s", "0.100s", true],
    ["5s", "5", true],
    ["https://a.run.app", "https://a.run.app/", true],
    ["https://a.run.app", "https://b.run.app", false],
    ["0", "", false],
    ["1e3", "1000", false],
    ["abc", "abd", false],
  ])("%s and %s: the same is %s", (one, other, same) => {
    expect(differing({ one }, { one: other }).length === 0).toBe(same);
  });

  it("is nothing of a part of a CPU in thousandths, whatever it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 80, max: 8000 }), (thousandths) => {
        expect(differing({ cpu: String(thousandths / 1000) }, { cpu: `${thousandths}m` })).toEqual([]);
      }),
    );
  });

  it.each([undefined, null, {}, "text"])("is nothing of what the cloud leaves out: %s", (answered) => {
    expect(differing({ one: "1", two: { three: "3" } }, answered)).toEqual([]);
  });
});

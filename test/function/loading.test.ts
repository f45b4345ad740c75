import { beforeAll, describe, expect, it } from "vitest";
import { type Bundle, bundleFunctions } from "../../infra/google/bundle.ts";

let inputs: Bundle["metafile"]["inputs"];

beforeAll(async () => {
  ({ inputs } = (await bundleFunctions()).metafile);
});

/** What is loaded with a file: what it imports, and what that does, but nothing that is imported only when needed. */
function loadedWith(entry: string): string {
  const files = new Set([entry]);
  for (const file of files) {
    for (const { path, kind } of inputs[file]?.imports ?? []) if (kind !== "dynamic-import") files.add(path);
  }
  return [...files].join("\n");
}

const rules = "function/rules.ts";
const language = "node_modules/@marcbachmann/cel-js/";
const patterns = "node_modules/re2js/";

describe("what a start has to load", () => {
  it.each(["receive", "reconcile"])("%s: no CEL and no RE2 without a condition", (name) => {
    const loaded = loadedWith(`function/wiring/${name}.ts`);
    expect(loaded).toContain(rules);
    expect(loaded).not.toContain(language);
    expect(loaded).not.toContain(patterns);
  });

  it("a condition: CEL, and RE2 only with a pattern", () => {
    expect(loadedWith("function/conditions/condition.ts")).toContain(language);
    expect(loadedWith("function/conditions/condition.ts")).not.toContain(patterns);
    expect(loadedWith("function/conditions/patterns.ts")).toContain(patterns);
  });
});

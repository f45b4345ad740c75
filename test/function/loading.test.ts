import { isBuiltin } from "node:module";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bundle, bundleFunctions } from "../../infra/google/bundle.ts";

let metafile: Bundle["metafile"];

beforeAll(async () => {
  ({ metafile } = await bundleFunctions());
});

/** The source files in a file of the archive. */
function sourcesIn(file: string): string[] {
  return Object.keys(metafile.outputs[file]?.inputs ?? {});
}

/** What is loaded with a source file: what it imports, and what that does, but nothing that is imported only when needed. */
function loadedWith(entry: string): string {
  const files = new Set([entry]);
  for (const file of files) {
    for (const { path, kind } of metafile.inputs[file]?.imports ?? []) {
      if (kind !== "dynamic-import") files.add(path);
    }
  }
  return [...files].join("\n");
}

const rules = "function/shared/rules.ts";
const language = "node_modules/@marcbachmann/cel-js/";
const patterns = "node_modules/re2js/";
const client = "node_modules/undici/";

describe("what a start has to load", () => {
  it.each(["receive.cjs", "reconcile.cjs"])("%s: no CEL and no RE2 without a condition", (file) => {
    const sources = sourcesIn(file).join("\n");
    expect(sources).toContain(rules);
    expect(sources).not.toContain(language);
    expect(sources).not.toContain(patterns);
  });

  it("receive: no HTTP client besides Node's own", () => {
    expect(loadedWith("function/grant/grant.ts")).toContain("function/shared/google/");
    expect(loadedWith("function/receive/receive.ts")).not.toContain("node_modules/undici/");
  });

  it("a condition: CEL, and RE2 only with a pattern", () => {
    expect(loadedWith("function/shared/conditions/condition.ts")).toContain(language);
    expect(loadedWith("function/shared/conditions/condition.ts")).not.toContain(patterns);
    expect(loadedWith("function/shared/conditions/patterns.ts")).toContain(patterns);
  });

  it("receive: nothing that calls Okta, and no other function", () => {
    const sources = sourcesIn("receive.cjs").join("\n");
    expect(sourcesIn("grant.cjs").join("\n")).toContain(client);
    for (const other of [client, "function/shared/okta/", "function/grant/", "function/reconcile/"]) {
      expect(sources).not.toContain(other);
    }
  });

  it.each(["receive.cjs", "reconcile.cjs"])(
    "%s: conditions by require, from the file of their own",
    (file) => {
      expect(metafile.outputs[file]?.imports).toContainEqual(
        expect.objectContaining({ path: "./condition.cjs", external: true }),
      );
    },
  );

  it("functions-framework: one file, and nothing else but Node's own modules", () => {
    const file = metafile.outputs["framework/main.cjs"];
    expect(sourcesIn("framework/main.cjs").join("\n")).toContain("node_modules/express/");
    const others = file?.imports.filter(({ path }) => !isBuiltin(path)).map(({ path }) => path);
    expect(new Set(others)).toEqual(new Set(["supports-color"]));
  });

  it("functions-framework: not Node's domain, which would slow every event emitter of the process down", () => {
    expect(sourcesIn("framework/main.cjs")).toContain("on-demand:domain");
    const paths = metafile.outputs["framework/main.cjs"]?.imports.map(({ path }) => path);
    expect(paths).not.toContain("domain");
    expect(paths).toContain("node:domain");
  });

  it("nothing twice in one process but functions without state, lest one copy does not know the other's errors", () => {
    const condition = new Set(sourcesIn("condition.cjs"));
    for (const file of ["receive.cjs", "reconcile.cjs"]) {
      expect(sourcesIn(file).filter((source) => condition.has(source))).toEqual(["function/shared/json.ts"]);
    }
  });
});

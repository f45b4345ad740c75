import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "..");

interface Declaration {
  readonly type: string;
  readonly default: unknown;
  readonly description: string;
}

/** The table of the configuration, as Pulumi.yaml states it. */
async function configurationTable(): Promise<string> {
  const { config } = parse(await readFile(join(root, "Pulumi.yaml"), "utf8"));
  // Pulumi.yaml is this project's own; its shape is held by the tests of the settings.
  const rows = Object.entries(config as Record<string, Declaration>).map(
    ([name, { type, default: value, description }]) =>
      `| \`${name}\` | ${type} | ${value === "" ? "none" : `\`${typeof value === "string" ? value : JSON.stringify(value)}\``} | ${description} |`,
  );
  return ["| key | type | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

describe("the README", () => {
  it("has the configuration as Pulumi.yaml states it", async () => {
    const readme = await readFile(join(root, "README.md"), "utf8");
    const [, table] =
      /<!-- configuration: begin -->\n([\s\S]*)\n<!-- configuration: end -->/.exec(readme) ?? [];
    expect(table).toBe(await configurationTable());
  });

  it("names only scripts that exist, and links only to files that exist", async () => {
    const readme = await readFile(join(root, "README.md"), "utf8");
    const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    for (const [, script] of readme.matchAll(/npm run (?:-s )?([\w:]+)/g))
      expect(Object.keys(scripts)).toContain(script);
    for (const [, path] of readme.matchAll(/\]\(((?!https:)[^)]+)\)/g)) {
      await expect(readFile(join(root, path ?? ""), "utf8")).resolves.not.toBe("");
    }
  });
});

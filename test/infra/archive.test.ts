import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { buildArchive } from "../../infra/google/archive.ts";

const read = async () => unzipSync(await readFile((await buildArchive()).path));
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

describe("the archive", () => {
  it("is the same bytes for the same source, wherever it is made", async () => {
    const first = await buildArchive();
    const zone = process.env["TZ"];
    const folder = process.cwd();
    process.env["TZ"] = "Asia/Tokyo";
    process.chdir("/");
    try {
      expect(await buildArchive()).toEqual(first);
    } finally {
      process.chdir(folder);
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });

  it("holds a file for each function, notices, a manifest with functions-framework only, its lockfile, and no scripts", async () => {
    const files = await read();
    expect(Object.keys(files).sort()).toEqual([
      "THIRD-PARTY-NOTICES.txt",
      "condition.cjs",
      "grant.cjs",
      "index.cjs",
      "package-lock.json",
      "package.json",
      "receive.cjs",
      "reconcile.cjs",
    ]);
    const manifest = JSON.parse(text(files["package.json"]));
    expect(manifest.scripts).toBeUndefined();
    // functions-framework searches for a package.json for every main but a .cjs or .mjs file, which costs a start 40 ms.
    expect(manifest.main).toBe("index.cjs");
    const framework = join(
      import.meta.dirname,
      "../../node_modules/@google-cloud/functions-framework/package.json",
    );
    const { version } = JSON.parse(await readFile(framework, "utf8"));
    expect(manifest.dependencies).toEqual({ "@google-cloud/functions-framework": version });
    const lock = JSON.parse(text(files["package-lock.json"]));
    expect(lock.packages["node_modules/@google-cloud/functions-framework"].version).toBe(version);
  });

  it("tells nothing about the machine that made it", async () => {
    const files = await read();
    for (const bytes of Object.values(files)) expect(text(bytes)).not.toContain(process.cwd());
  });
});

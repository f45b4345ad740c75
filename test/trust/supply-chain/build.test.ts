import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { afterEach, describe, expect, it, vi } from "vitest";
import { bundledPackages } from "../../../infra/supply-chain/bundled-packages.ts";
import { parseLockfile } from "../../../infra/supply-chain/lockfile.ts";
import { findParts } from "../../../infra/supply-chain/parts.ts";

const LICENCES = "../../../infra/supply-chain/licences.ts";

describe("the build", () => {
  afterEach(() => {
    vi.doUnmock(LICENCES);
    vi.resetModules();
  });

  it("fails on what is under another licence, bundled, installed or embedded, and names it", async () => {
    vi.resetModules();
    vi.doMock(LICENCES, async (original) => ({
      ...(await original<object>()),
      deployedLicences: new Set(["MIT", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-3.0", "CC0-1.0"]),
    }));
    const { buildArchive } = await import("../../../infra/google/archive.ts");
    const message = await buildArchive().then(
      () => "",
      (error: Error) => error.message,
    );
    const [first, ...lines] = message.split("\n");
    expect(first).toBe(
      "The functions can't be deployed with these packages (licences: infra/supply-chain/licences.ts):",
    );
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^@google-cloud\/functions-framework [\d.]+ is licensed under Apache-2.0, which is not on/,
      ),
    );
    expect(lines).toContainEqual(expect.stringContaining("milo in undici/lib/milo is licensed under ISC"));
    expect(message).not.toMatch(/under MIT/);
  });
});

/** What the bundler tells of files, each with those that it imports. */
function metafileOf(
  files: Readonly<Record<string, readonly string[]>>,
  unused: readonly string[] = [],
): Metafile {
  const inputs = Object.entries(files).map(([file, imports]) => [
    file,
    { bytes: 1, imports: imports.map((path) => ({ path, kind: "require-call" })) },
  ]);
  const used = Object.keys(files).filter((file) => !unused.includes(file));
  const bundled = Object.fromEntries(used.map((file) => [file, { bytesInOutput: 1 }]));
  return {
    inputs: Object.fromEntries(inputs),
    outputs: { "bundle.cjs": { bytes: 1, inputs: bundled, imports: [], exports: [] } },
  };
}

describe("the packages of a bundle", () => {
  it("are those with a file in it, however deep, with the folders that count and what they use", () => {
    const metafile = metafileOf(
      {
        "function/start.ts": [
          "function/other.ts",
          "node_modules/@scope/one/lib/index.js",
          "node:fs",
          "external",
        ],
        "function/other.ts": ["node_modules/two/index.js"],
        "node_modules/@scope/one/lib/index.js": [
          "node_modules/@scope/one/node_modules/two/index.js",
          "node_modules/three/index.js",
        ],
        "node_modules/@scope/one/node_modules/two/index.js": [],
        "node_modules/two/index.js": ["node_modules/two/deep/other.js"],
        "node_modules/two/deep/other.js": [],
        "node_modules/three/index.js": [],
      },
      ["node_modules/three/index.js"],
    );
    expect(bundledPackages(metafile)).toEqual({
      packages: [
        {
          path: "node_modules/@scope/one",
          folders: ["node_modules/@scope/one/lib"],
          bundles: ["bundle.cjs"],
          uses: ["node_modules/@scope/one/node_modules/two"],
        },
        {
          path: "node_modules/@scope/one/node_modules/two",
          folders: ["node_modules/@scope/one/node_modules/two"],
          bundles: ["bundle.cjs"],
          uses: [],
        },
        {
          path: "node_modules/two",
          folders: ["node_modules/two", "node_modules/two/deep"],
          bundles: ["bundle.cjs"],
          uses: [],
        },
      ],
      usedByProject: ["node_modules/@scope/one", "node_modules/two"],
    });
  });

  it("are named once, with every file that has code of them", () => {
    const one = metafileOf({ "function/one.ts": ["node_modules/one/a.js"], "node_modules/one/a.js": [] });
    const other = metafileOf({ "function/other.ts": ["node_modules/one/b.js"], "node_modules/one/b.js": [] });
    const { packages } = bundledPackages({
      inputs: { ...one.inputs, ...other.inputs },
      outputs: Object.fromEntries(
        [one, other].flatMap(({ outputs }, index) =>
          Object.values(outputs).map((output) => [`${index}.cjs`, output]),
        ),
      ),
    });
    expect(packages).toEqual([
      { path: "node_modules/one", folders: ["node_modules/one"], bundles: ["0.cjs", "1.cjs"], uses: [] },
    ]);
  });
});

describe("what is deployed", () => {
  const lockfile = (packages: Readonly<Record<string, object>>, needs: object = {}) =>
    parseLockfile(
      JSON.stringify({
        lockfileVersion: 3,
        packages: { "": { name: "app", version: "1.0.0", dependencies: needs }, ...packages },
      }),
      "package-lock.json",
    );

  async function partsOf(installed: string, locked: string) {
    const folder = await mkdtemp(join(tmpdir(), "signin-groups-parts-"));
    try {
      await mkdir(join(folder, "node_modules/one"), { recursive: true });
      const manifest = JSON.stringify({ name: "one", version: installed });
      await writeFile(join(folder, "node_modules/one/package.json"), manifest);
      return await findParts({
        folder,
        metafile: metafileOf({
          "function/start.ts": ["node_modules/one/index.js"],
          "node_modules/one/index.js": [],
        }),
        project: lockfile({ "node_modules/other/node_modules/one": { version: locked, license: "MIT" } }),
        archive: lockfile(
          { "node_modules/two": { version: "2.0.0" }, "node_modules/tool": { version: "3.0.0", dev: true } },
          { two: "2.0.0" },
        ),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it("is what is bundled, as the lockfile has it, and what is installed beside it, without tools", async () => {
    const { bundled, installed, usedByProject } = await partsOf("1.0.0", "1.0.0");
    expect(bundled).toMatchObject([{ locations: ["bundle.cjs"], package: { name: "one", licence: "MIT" } }]);
    expect(installed).toMatchObject([{ locations: ["node_modules/two"], package: { name: "two" } }]);
    expect(usedByProject.map(({ name }) => name)).toEqual(["one", "two"]);
  });

  it("is nothing that the lockfile does not know", async () => {
    await expect(partsOf("1.0.1", "1.0.0")).rejects.toThrow(
      'node_modules/one is one 1.0.1, which package-lock.json does not know: run "npm ci".',
    );
  });
});

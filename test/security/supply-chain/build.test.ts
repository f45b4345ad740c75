import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type Metafile } from "esbuild";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { bundledPackages } from "../../../infra/supply-chain/bundled-packages.ts";
import { parseLockfile } from "../../../infra/supply-chain/lockfile.ts";
import { findParts } from "../../../infra/supply-chain/parts.ts";

const LICENCES = "../../../infra/supply-chain/licences.ts";

describe("the review", () => {
  afterEach(() => {
    vi.doUnmock(LICENCES);
    vi.resetModules();
  });

  it("finds what is under another licence, bundled or embedded, and names it", async () => {
    vi.resetModules();
    vi.doMock(LICENCES, async (original) => ({
      ...(await original<object>()),
      deployedLicences: new Set(["MIT", "BSD-2-Clause", "BSD-3-Clause"]),
    }));
    const { reviewSupplyChain } = await import("../../../infra/supply-chain/review.ts");
    const { faults } = await reviewSupplyChain();
    expect(faults).toContainEqual(
      expect.stringMatching(
        /^@google-cloud\/functions-framework [\d.]+ is licensed under Apache-2.0, which is not on/,
      ),
    );
    expect(faults).toContainEqual(expect.stringContaining("milo in undici/lib/milo is licensed under ISC"));
    expect(faults.join()).not.toMatch(/under MIT/);
  });
});

describe("the program that deploys", () => {
  it("loads nothing of what checks licences or writes the bill of materials", async () => {
    const { metafile } = await build({
      absWorkingDir: join(import.meta.dirname, "../../.."),
      entryPoints: ["infra/index.ts"],
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "esm",
      packages: "external",
      outdir: "dist",
    });
    const loaded = [
      ...Object.keys(metafile.inputs),
      ...Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path)),
    ];
    expect(loaded).toContain("infra/google/archive.ts");
    expect(loaded.filter((path) => /cyclonedx|spdx|licences|lockfile|bill-of-materials/.test(path))).toEqual(
      [],
    );
  });
});

/** What the bundler reports of files, each with those that it imports. */
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

/** A folder with these manifests, which goes when the test ends. */
async function folderOf(manifests: Readonly<Record<string, object>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-parts-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [path, manifest] of Object.entries(manifests)) {
    await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, path, "package.json"), JSON.stringify(manifest));
  }
  return folder;
}

describe("the packages of a bundle", () => {
  it("are those with a file in it, however deep, with the folders that count and what they use", async () => {
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
    const manifests = {
      "node_modules/@scope/one": { name: "@scope/one", version: "1.0.0", license: "MIT" },
      "node_modules/@scope/one/node_modules/two": { name: "two", version: "2.0.0" },
      "node_modules/two": { name: "two", version: "1.0.0", license: "ISC" },
    };
    expect(await bundledPackages(await folderOf(manifests), metafile)).toEqual({
      packages: [
        {
          path: "node_modules/@scope/one",
          name: "@scope/one",
          version: "1.0.0",
          licence: "MIT",
          folders: ["node_modules/@scope/one/lib"],
          bundles: ["bundle.cjs"],
          uses: ["node_modules/@scope/one/node_modules/two"],
          embeds: [],
        },
        {
          path: "node_modules/two",
          name: "two",
          version: "1.0.0",
          licence: "ISC",
          folders: ["node_modules/two", "node_modules/two/deep"],
          bundles: ["bundle.cjs"],
          uses: [],
          embeds: [],
        },
        {
          path: "node_modules/@scope/one/node_modules/two",
          name: "two",
          version: "2.0.0",
          licence: undefined,
          folders: ["node_modules/@scope/one/node_modules/two"],
          bundles: ["bundle.cjs"],
          uses: [],
          embeds: [],
        },
      ],
      usedByProject: ["node_modules/@scope/one", "node_modules/two"],
    });
  });

  it("are listed once, with every file that has their code, and named by their folders where a manifest is missing", async () => {
    const one = metafileOf({ "function/one.ts": ["node_modules/one/a.js"], "node_modules/one/a.js": [] });
    const other = metafileOf({ "function/other.ts": ["node_modules/one/b.js"], "node_modules/one/b.js": [] });
    const { packages } = await bundledPackages(await folderOf({}), {
      inputs: { ...one.inputs, ...other.inputs },
      outputs: Object.fromEntries(
        [one, other].flatMap(({ outputs }, index) =>
          Object.values(outputs).map((output) => [`${index}.cjs`, output]),
        ),
      ),
    });
    expect(packages).toEqual([
      {
        path: "node_modules/one",
        name: "one",
        version: "(unknown version)",
        licence: undefined,
        folders: ["node_modules/one"],
        bundles: ["0.cjs", "1.cjs"],
        uses: [],
        embeds: [],
      },
    ]);
  });
});

describe("what is deployed", () => {
  const lockfile = (packages: Readonly<Record<string, object>>) =>
    parseLockfile(
      JSON.stringify({
        lockfileVersion: 3,
        packages: { "": { name: "app", version: "1.0.0" }, ...packages },
      }),
      "package-lock.json",
    );

  async function partsOf(installed: string, locked: string) {
    const folder = await folderOf({ "node_modules/one": { name: "one", version: installed } });
    return findParts({
      folder,
      metafile: metafileOf({
        "function/start.ts": ["node_modules/one/index.js"],
        "node_modules/one/index.js": [],
      }),
      project: lockfile({ "node_modules/other/node_modules/one": { version: locked, license: "MIT" } }),
    });
  }

  it("is what is bundled, as the lockfile has it", async () => {
    const { bundled, usedByProject } = await partsOf("1.0.0", "1.0.0");
    expect(bundled).toMatchObject([{ bundles: ["bundle.cjs"], package: { name: "one", licence: "MIT" } }]);
    expect(usedByProject.map(({ name }) => name)).toEqual(["one"]);
  });

  it("is nothing that the lockfile does not list", async () => {
    await expect(partsOf("1.0.1", "1.0.0")).rejects.toThrow(
      'node_modules/one is one 1.0.1, which package-lock.json does not list: run "npm ci".',
    );
  });
});

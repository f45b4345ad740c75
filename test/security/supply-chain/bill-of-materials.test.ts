import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { billOfMaterials } from "../../../infra/supply-chain/bill-of-materials.ts";
import type { LockedPackage } from "../../../infra/supply-chain/lockfile.ts";
import { reviewSupplyChain } from "../../../infra/supply-chain/review.ts";
import { recordFigure } from "../figures.ts";
import { cyclonedxFaults } from "./cyclonedx.ts";

const root = join(import.meta.dirname, "../../..");

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses: readonly unknown[];
  readonly components?: readonly Component[];
  readonly properties: readonly { readonly name: string; readonly value: string }[];
}

const review = await reviewSupplyChain();
const { archive, billOfMaterials: written } = review;
const text = await readFile(written.path, "utf8");
const bill = JSON.parse(text);
const components: readonly Component[] = bill.components;
const nameOf = ({ group, name }: Component) => (group === undefined ? name : `${group}/${name}`);
const valuesOf = ({ properties }: Component, wanted: string) =>
  properties.filter(({ name }) => name === wanted).map(({ value }) => value);
const bundlesOf = (one: Component) => valuesOf(one, "signin-groups-function:file");
const ENTRY_POINTS = [
  ...["receive", "grant", "reconcile"].map((name) => `function/entry-points/${name}.ts`),
  "node_modules/@google-cloud/functions-framework/build/src/main.js",
];

describe("the bill of materials", () => {
  it("is valid by CycloneDX's own schema", async () => {
    expect(await cyclonedxFaults(text)).toEqual([]);
    recordFigure("packages in the bill of materials", components.length);
  });

  it("is written next to the archive, has its hash, and is the same for the same source", async () => {
    expect(written.path).toBe(archive.path.replace(/\.zip$/, ".cdx.json"));
    const zip = await readFile(archive.path);
    const content = createHash("sha256").update(zip).digest("hex");
    expect(bill.metadata.component.hashes).toEqual([{ alg: "SHA-256", content }]);
    expect(await reviewSupplyChain()).toEqual(review);
    expect(await readFile(written.path, "utf8")).toBe(text);
    expect(written).toMatchObject({
      hash: createHash("sha256").update(text).digest("hex"),
      bytes: Buffer.byteLength(text),
      packages: components.length,
    });
  });

  it("of the archive for Cloud Run lists what is in it, and so not functions-framework", async () => {
    const service = await reviewSupplyChain("service");
    expect(service.billOfMaterials.path).toBe(service.archive.path.replace(/\.tar\.gz$/, ".cdx.json"));
    const other = JSON.parse(await readFile(service.billOfMaterials.path, "utf8"));
    expect(await cyclonedxFaults(JSON.stringify(other))).toEqual([]);
    const names = (all: readonly Component[]) =>
      all.filter((one) => bundlesOf(one).some((file) => !file.startsWith("framework/"))).map(nameOf);
    expect(other.components.map(nameOf)).toEqual(names(components));
    expect(other.components.map(nameOf)).toContain("undici");
    expect(other.metadata.component.hashes).toEqual([{ alg: "SHA-256", content: service.archive.hash }]);
  });

  it("says nothing about the machine or the time", () => {
    expect(text).not.toContain(root);
    expect(text).not.toMatch(/timestamp|\d{4}-\d\d-\d\dT/);
  });

  it("lists every package with a bundled file, as a second look at the bundler finds them", async () => {
    const loaded = new Set<string>();
    await build({
      absWorkingDir: root,
      entryPoints: ENTRY_POINTS,
      outdir: ".",
      bundle: true,
      write: false,
      platform: "node",
      logLevel: "silent",
      plugins: [
        {
          name: "note",
          setup: ({ onLoad }) =>
            onLoad({ filter: /./ }, ({ path }) => {
              const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
              if (name !== undefined) loaded.add(name);
              return undefined;
            }),
        },
      ],
    });
    expect([...new Set(components.map(nameOf))].sort()).toEqual([...loaded].sort());
    const functions = components.filter((one) => bundlesOf(one).join() !== "framework/main.cjs");
    expect(Object.fromEntries(functions.map((one) => [nameOf(one), bundlesOf(one)]))).toEqual({
      undici: ["grant.cjs", "reconcile.cjs"],
      re2js: ["condition.cjs"],
      "@marcbachmann/cel-js": ["condition.cjs"],
    });
    expect([...loaded]).toEqual(expect.arrayContaining(["@google-cloud/functions-framework", "express"]));
  });

  it("gives each the hash and licence of the lockfile", async () => {
    const entries = Object.entries(
      JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")).packages as Record<
        string,
        Record<string, unknown>
      >,
    );
    for (const one of components) {
      const found = entries.find(
        ([path, { version }]) => path.endsWith(`node_modules/${nameOf(one)}`) && version === one.version,
      )?.[1];
      const sha512 = Buffer.from(String(found?.["integrity"]).slice("sha512-".length), "base64").toString(
        "hex",
      );
      expect(one.hashes, one.purl).toEqual([{ alg: "SHA-512", content: sha512 }]);
      expect(JSON.stringify(one.licenses), one.purl).toContain(`"${found?.["license"]}"`);
    }
  });

  it("says which package uses which", () => {
    const uses = new Map<string, readonly string[]>(
      bill.dependencies.map((one: { ref: string; dependsOn?: string[] }) => [one.ref, one.dependsOn ?? []]),
    );
    const bare = (reference: string) => reference.slice("pkg:npm/".length, reference.lastIndexOf("@"));
    expect(uses.get("signin-groups-function")?.map(bare)).toEqual([
      "%40google-cloud/functions-framework",
      "%40marcbachmann/cel-js",
      "re2js",
      "undici",
    ]);
    const reached = new Set<string>();
    const visit = (reference: string) => {
      if (reached.has(reference)) return;
      reached.add(reference);
      for (const used of uses.get(reference) ?? []) visit(used);
    };
    visit("signin-groups-function");
    // Nothing is there that nothing uses.
    expect(reached.size).toBe(components.length + 1);
  });

  it("names the parsers inside undici, and whatever else is embedded as WebAssembly", async () => {
    const undici = components.find(({ name }) => name === "undici");
    expect(undici?.components?.map(({ name }) => name)).toEqual(["llhttp", "milo"]);
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: ENTRY_POINTS,
      outdir: ".",
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      logLevel: "silent",
    });
    const folders = new Set<string>();
    for (const file of Object.keys(metafile.inputs)) {
      // The first bytes of a WebAssembly module, in base64.
      if ((await readFile(join(root, file), "utf8")).includes("AGFzb"))
        folders.add(file.replace(/\/[^/]+$/, ""));
    }
    expect([...folders].sort()).toEqual(["node_modules/undici/lib/llhttp", "node_modules/undici/lib/milo"]);
  });
});

describe("a bill of materials", () => {
  const locked = (changes: Partial<LockedPackage> = {}): LockedPackage => ({
    path: "node_modules/one",
    name: "one",
    version: "1.0.0",
    licence: "MIT",
    integrity: `sha512-${"A".repeat(86)}==`,
    resolved: undefined,
    needs: [],
    optionalNeeds: [],
    development: false,
    optional: false,
    platformBound: false,
    installScript: false,
    link: false,
    ...changes,
  });
  const made = (...packages: LockedPackage[]) =>
    billOfMaterials(locked({ path: "", name: "app" }), "0".repeat(64), {
      bundled: packages.map((one) => ({
        package: one,
        bundles: [`${one.path}.cjs`],
        uses: [],
        embeds: [],
      })),
      usedByProject: [],
    });

  it("writes scopes, build numbers and licence expressions as the formats demand", () => {
    const name = "@scope/name";
    const {
      components: [one],
    } = JSON.parse(made(locked({ name, version: "1.0.0-rc.1+2", licence: "(MIT OR ISC)" })));
    expect(one).toMatchObject({
      group: "@scope",
      name: "name",
      purl: "pkg:npm/%40scope/name@1.0.0-rc.1%2B2",
      licenses: [{ expression: "(MIT OR ISC)" }],
    });
  });

  it("names two copies of a version once, and two versions twice", () => {
    const copy = locked({ path: "node_modules/other/node_modules/one" });
    const next = locked({ path: "node_modules/next/node_modules/one", version: "2.0.0" });
    const { components: ones } = JSON.parse(made(locked(), copy, next));
    expect(ones.map(({ purl }: Component) => purl)).toEqual(["pkg:npm/one@1.0.0", "pkg:npm/one@2.0.0"]);
    expect(bundlesOf(ones[0])).toEqual(["node_modules/one.cjs", "node_modules/other/node_modules/one.cjs"]);
  });

  it("is not made when a package uses one that is not deployed", () => {
    const parts = { bundled: [], usedByProject: [locked()] };
    const make = () => billOfMaterials(locked({ path: "", name: "app" }), "0".repeat(64), parts);
    expect(make).toThrow("app uses pkg:npm/one@1.0.0, which is not deployed.");
  });

  it("has another serial number for other content", () => {
    const serial = (text: string) => JSON.parse(text).serialNumber;
    expect(serial(made(locked()))).toBe(serial(made(locked())));
    expect(serial(made(locked()))).not.toBe(serial(made(locked({ version: "1.0.1" }))));
  });

  it("is not made of copies that differ, or with a weak hash", () => {
    const copy = locked({
      path: "node_modules/other/node_modules/one",
      integrity: `sha512-${"B".repeat(86)}==`,
    });
    expect(() => made(locked(), copy)).toThrow("The lockfiles disagree on the hash of pkg:npm/one@1.0.0.");
    expect(() => made(locked({ integrity: "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=" }))).toThrow(/not SHA-512/);
  });

  it.each([
    ["without a format", (one: typeof bill) => delete one.bomFormat],
    ["of another version", (one: typeof bill) => (one.specVersion = "1.2")],
    ["with a type that is none", (one: typeof bill) => (one.components[0].type = "package")],
    ["with a field of its own", (one: typeof bill) => (one.components[0].checksum = "x")],
    ["with a bad package URL", (one: typeof bill) => (one.components[0].purl = "pkg:npm/@scope/name@1.0.0")],
    [
      "with a licence that is none",
      (one: typeof bill) => (one.components[0].licenses = [{ license: { id: "MIT2" } }]),
    ],
    ["with a short hash", (one: typeof bill) => (one.components[0].hashes[0].content = "00ff")],
    [
      "with a reference twice",
      (one: typeof bill) => (one.components[0]["bom-ref"] = one.components[1]["bom-ref"]),
    ],
    [
      "with a reference to nothing",
      (one: typeof bill) => one.dependencies[0].dependsOn.push("pkg:npm/none@1.0.0"),
    ],
    ["without an entry for a component", (one: typeof bill) => one.dependencies.pop()],
    ["with a time", (one: typeof bill) => (one.metadata.timestamp = "2026-01-01T00:00:00Z")],
  ])("%s is found to be wrong", async (_name, spoil) => {
    const spoiled = structuredClone(bill);
    spoil(spoiled);
    expect(await cyclonedxFaults(JSON.stringify(spoiled))).not.toEqual([]);
  });
});

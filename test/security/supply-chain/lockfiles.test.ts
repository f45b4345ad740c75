import { execFile } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { findNeeded, parseLockfile, readLockfile } from "../../../infra/supply-chain/lockfile.ts";

const root = join(import.meta.dirname, "../../..");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly packageManager?: string;
}

/** The fields of a manifest that name packages to install. */
const KINDS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, "package.json"), "utf8"));
}

const wanted = (manifest: object): [string, string][] =>
  KINDS.flatMap((kind) => Object.entries(Object(Reflect.get(manifest, kind))));

describe("the lockfile", async () => {
  const manifest = await readManifest();
  const lockfile = await readLockfile(root);

  it("is of this manifest", async () => {
    const text = await readFile(join(root, "package-lock.json"), "utf8");
    const { packages } = JSON.parse(text);
    expect(packages[""]).toMatchObject({ name: manifest.name, version: manifest.version });
    for (const kind of KINDS) expect(packages[""][kind], kind).toEqual(Reflect.get(manifest, kind));
  });

  it("gives every package what it asks for, as npm judges", async () => {
    const words = ["ls", "--package-lock-only", "--all", "--json"];
    const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 };
    // It ends with an error when a package is missing, or there in a version that nobody asked for.
    const { stdout } = await promisify(execFile)("npm", words, options);
    expect(JSON.parse(stdout).problems).toBeUndefined();
  });

  it("has exact versions of what the manifest asks for, each from the registry", () => {
    expect(wanted(manifest).length).toBeGreaterThan(0);
    for (const [name, specifier] of wanted(manifest)) {
      expect(specifier, name).toMatch(/^\d+\.\d+\.\d+(-[\w.-]+)?$/);
      expect(findNeeded(lockfile, "", name)?.version, name).toBe(specifier);
    }
  });

  it("has nothing from anywhere but the registry that npm is set up for", () => {
    for (const { path, version, resolved, link } of lockfile.packages.values()) {
      // Write it with npm's setting omit-lockfile-registry-resolved: an address in a lockfile is one that nobody reads.
      expect(resolved, path).toBeUndefined();
      expect(link, path).toBe(false);
      expect(version, path).toMatch(/^v?\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/);
    }
    for (const one of [lockfile.root, ...lockfile.packages.values()]) {
      for (const name of one.needs) expect(name, one.path).toMatch(/^(@[\w.-]+\/)?[\w.-]+$/);
    }
  });

  it("has no range that reaches outside the registry", async () => {
    const { packages } = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
    for (const [path, entry] of Object.entries<object>(packages)) {
      for (const [name, range] of wanted(entry)) {
        expect(range, `${path}: ${name}`).toMatch(/^(npm:(@[\w.-]+\/)?[\w.-]+@)?[^:/]*$/);
      }
    }
  });
});

describe("the project's lockfile", async () => {
  const manifest = await readManifest();
  const project = await readLockfile(root);

  it("has a strong hash of every package but binaries of tools for other platforms", async () => {
    for (const one of project.packages.values()) {
      if (one.integrity !== undefined) {
        expect(one.integrity, one.path).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
        continue;
      }
      expect(one, one.path).toMatchObject({ optional: true, platformBound: true, development: true });
      expect(one.name).toMatch(/^@(biomejs\/cli|oxc-parser\/binding)-/);
      await expect(access(join(root, one.path)), one.path).rejects.toThrow();
    }
  });

  it("lets no package run a script when it is installed, and neither does the project", async () => {
    const settings = (await readFile(join(root, ".npmrc"), "utf8")).trim().split("\n");
    expect(settings).toEqual([
      "ignore-scripts=true",
      "omit-lockfile-registry-resolved=true",
      "engine-strict=false",
    ]);
    const own = [
      "preinstall",
      "install",
      "postinstall",
      "prepublish",
      "preprepare",
      "prepare",
      "postprepare",
    ];
    for (const name of own) expect(manifest.scripts).not.toHaveProperty(name);
  });
});

describe("a lockfile", () => {
  const text = (packages: Readonly<Record<string, object>>, lockfileVersion: unknown = 3) =>
    JSON.stringify({ lockfileVersion, packages: { "": { name: "app", version: "1.0.0" }, ...packages } });

  it("gives a package the nearest of those that it asks for", () => {
    const version = "1.0.0";
    const lockfile = parseLockfile(
      text({
        "node_modules/@scope/one": { version },
        "node_modules/@scope/one/node_modules/two": { version: "2.0.0" },
        "node_modules/two": { version },
        "node_modules/three": { version },
      }),
      "it",
    );
    const found = (from: string, name: string) => findNeeded(lockfile, from, name)?.path;
    const inner = "node_modules/@scope/one/node_modules/two";
    expect(found("", "two")).toBe("node_modules/two");
    expect(found("node_modules/three", "two")).toBe("node_modules/two");
    expect(found("node_modules/@scope/one", "two")).toBe(inner);
    expect(found(inner, "two")).toBe(inner);
    expect(found(inner, "three")).toBe("node_modules/three");
    expect(found(inner, "@scope/one")).toBe("node_modules/@scope/one");
    expect(found(inner, "four")).toBeUndefined();
  });

  it("is read by the name that an alias stands for", () => {
    const lockfile = parseLockfile(text({ "node_modules/alias": { name: "real", version: "1.0.0" } }), "it");
    expect(lockfile.packages.get("node_modules/alias")?.name).toBe("real");
  });

  it("is refused when it is none", () => {
    expect(() => parseLockfile(text({}, 1), "it")).toThrow("it is not a lockfile of version 3");
    expect(() => parseLockfile('{"lockfileVersion": 3}', "it")).toThrow("it is not a lockfile of version 3");
    expect(() => parseLockfile('{"lockfileVersion": 3, "packages": {}}', "it")).toThrow("whose lockfile");
    expect(() => parseLockfile(text({ "node_modules/one": {} }), "it")).toThrow(
      "gives node_modules/one no version",
    );
  });
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isObject, parseJson } from "../../function/shared/json.ts";

const root = join(import.meta.dirname, "../..");

/** What Google's build looks for in the dependencies, and whose command it starts. */
const FRAMEWORK = "@google-cloud/functions-framework";

/**
 * The files from which npm installs the archive: its own manifest, that of the bundled functions-framework, with the
 * version that is bundled, and the lockfile, which has nothing but the link to it (npm, "package-lock.json").
 *
 * @throws Error when functions-framework is not installed
 */
export async function archiveManifests(): Promise<Readonly<Record<string, Uint8Array>>> {
  const own = await readManifest("function/archive");
  const { version, license } = await readManifest(join("node_modules", FRAMEWORK));
  const framework = { name: FRAMEWORK, version, license, bin: { "functions-framework": "main.cjs" } };
  const { name, version: ownVersion, license: ownLicence, dependencies, engines } = own;
  const lockfile = {
    name,
    version: ownVersion,
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": { name, version: ownVersion, license: ownLicence, dependencies, engines },
      framework,
      [`node_modules/${FRAMEWORK}`]: { resolved: "framework", link: true },
    },
  };
  return {
    "framework/package.json": jsonFile(framework),
    "package-lock.json": jsonFile(lockfile),
    "package.json": jsonFile(own),
  };
}

async function readManifest(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const manifest = parseJson(await readFile(join(root, folder, "package.json"), "utf8"));
  if (!isObject(manifest)) throw new Error(`${folder}/package.json is not a JSON object.`);
  return manifest;
}

function jsonFile(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);
}

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { buildArchive } from "../../../infra/google/archive.ts";
import { bundleFunctions } from "../../../infra/google/bundle.ts";
import { bundledPackages } from "../../../infra/supply-chain/bundled-packages.ts";

const root = join(import.meta.dirname, "../../..");

/** The names of the installed packages, those of a scope as `@scope/name`. */
async function installedPackages(): Promise<string[]> {
  const names = await readdir(join(root, "node_modules"));
  const inScopes = names
    .filter((name) => name.startsWith("@"))
    .map(async (scope) =>
      (await readdir(join(root, "node_modules", scope))).map((name) => `${scope}/${name}`),
    );
  const plain = names.filter((name) => !name.startsWith("@") && !name.startsWith("."));
  return [...plain, ...(await Promise.all(inScopes)).flat()];
}

/** Links a folder, for which nobody needs a right on any system. */
async function link(target: string, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  await symlink(target, place, "junction");
}

/**
 * Lays a copy of the project out as pnpm does: each bundled package lies in a store, in a folder of its own with links to
 * what it uses, and the project has links to these.
 */
async function layOutAsPnpm(): Promise<string> {
  const copy = await realpath(await mkdtemp(join(tmpdir(), "pnpm-")));
  onTestFinished(() => rm(copy, { recursive: true }));
  for (const part of ["infra", "function", "package.json", "package-lock.json", "tsconfig.json"])
    await cp(join(root, part), join(copy, part), { recursive: true });
  const { metafile } = await bundleFunctions();
  const bundled = bundledPackages(metafile).packages.map(({ path }) => path.replace("node_modules/", ""));
  const inStore = (name: string, of: string) =>
    join(copy, "node_modules/.pnpm", `${of.replace("/", "+")}@1`, "node_modules", name);
  for (const name of bundled) {
    await cp(join(root, "node_modules", name), inStore(name, name), { recursive: true });
    for (const other of bundled) if (other !== name) await link(inStore(other, other), inStore(other, name));
  }
  for (const name of await installedPackages()) {
    const target = bundled.includes(name) ? inStore(name, name) : join(root, "node_modules", name);
    await link(target, join(copy, "node_modules", name));
  }
  return copy;
}

it("the archive and its bill of materials are the same bytes whether npm or pnpm installed the packages", async () => {
  const copy = await layOutAsPnpm();
  const { stdout } = await promisify(execFile)(process.execPath, ["infra/build.ts"], { cwd: copy });
  const hashes = [...stdout.matchAll(/SHA-256 ([0-9a-f]{64})/g)].map(([, hash]) => hash);
  const archive = await buildArchive();
  expect(hashes).toEqual([archive.hash, archive.billOfMaterials.hash]);
});

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { bundleFunctions } from "../../../infra/google/bundle.ts";
import { bundledPackages } from "../../../infra/supply-chain/bundled-packages.ts";
import { reviewSupplyChain } from "../../../infra/supply-chain/review.ts";

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
  for (const part of ["cli", "infra", "function", "package.json", "package-lock.json", "tsconfig.json"])
    await cp(join(root, part), join(copy, part), { recursive: true });
  const { metafile } = await bundleFunctions();
  const { packages } = await bundledPackages(root, metafile);
  const bundled = packages.map(({ name }) => name);
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

const run = (copy: string, file: string) =>
  promisify(execFile)(process.execPath, [file, "--json"], { cwd: copy }).then(
    ({ stdout }) => ({ code: 0, ...JSON.parse(stdout) }),
    ({ code, stdout, stderr }) => ({ code, stderr, ...JSON.parse(stdout) }),
  );

it("the archives and their bills of materials are the same bytes whether npm or pnpm installed the packages", async () => {
  const copy = await layOutAsPnpm();
  const reviews = await run(copy, "infra/supply-chain/index.ts");
  for (const hosting of ["functions", "service"] as const) {
    const { archive, billOfMaterials, faults } = reviews[hosting];
    const ours = await reviewSupplyChain(hosting);
    expect(archive.hash).toBe(ours.archive.hash);
    expect(billOfMaterials.hash).toBe(ours.billOfMaterials.hash);
    expect(faults).toEqual([]);
  }
});

it("a package without a licence, or without its text, fails the review and not the build", async () => {
  const copy = await layOutAsPnpm();
  await rm(join(copy, "node_modules/undici/LICENSE"));
  const lockfile = join(copy, "package-lock.json");
  const locked = JSON.parse(await readFile(lockfile, "utf8"));
  locked.packages["node_modules/re2js"].license = "GPL-3.0-only";
  await writeFile(lockfile, JSON.stringify(locked));

  const built = await run(copy, "infra/build.ts");
  expect(built).toMatchObject({ code: 0, functions: { hash: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  const review = await run(copy, "infra/supply-chain/index.ts");
  expect(review.code).toBe(1);
  for (const hosting of ["functions", "service"]) {
    const { archive, faults } = review[hosting];
    expect(archive.hash).toBe(built[hosting].hash);
    expect(faults).toEqual([
      expect.stringMatching(/^re2js [\d.]+ is licensed under GPL-3\.0-only, which is not on the list\.$/),
      expect.stringMatching(/^undici [\d.]+ has no licence text in node_modules\/.+\/undici\.$/),
    ]);
    for (const fault of faults) expect(review.stderr).toContain(`${fault}\n`);
  }
  expect(review.stderr).toContain("allow the licence in infra/supply-chain/licences.ts");
});

// audit.ts: asks npm's registry for known vulnerabilities in what is deployed and in all that the project installs. Ends
// with 1 when the policy of docs/supply-chain.md is not met, with 2 when it could not find out.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleFunctions } from "../../infra/google/bundle.ts";
import { type LockedPackage, readLockfile } from "../../infra/supply-chain/lockfile.ts";
import { findParts } from "../../infra/supply-chain/parts.ts";
import { judge, merge, readExceptions, readReport } from "./audit-policy.ts";

const root = join(import.meta.dirname, "../..");

const scratch = await mkdtemp(join(tmpdir(), "signin-groups-audit-"));
try {
  const [{ metafile }, project] = await Promise.all([bundleFunctions(), readLockfile(root)]);
  const { bundled } = await findParts({ folder: root, metafile, project });
  await writeLockfile(
    scratch,
    bundled.map((part) => part.package),
  );
  const findings = merge(
    readReport(await npmAudit(scratch), "deployed"),
    readReport(await npmAudit(root), "development"),
  );
  const exceptions = JSON.parse(await readFile(join(root, ".github/audit-exceptions.json"), "utf8"));
  const today = new Date().toISOString().slice(0, 10);
  const { failures, notes } = judge(findings, readExceptions(exceptions), today);
  for (const note of notes) process.stdout.write(`noted: ${note}\n`);
  for (const failure of failures) process.stdout.write(`FAILED: ${failure}\n`);
  process.stdout.write(`${failures.length} against the policy, ${notes.length} noted.\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
} finally {
  await rm(scratch, { recursive: true });
}

/**
 * A project of nothing but these packages: npm says which versions of a package an advisory is about, but not which of
 * those that are installed, and the tools bring other versions of what is deployed.
 */
async function writeLockfile(folder: string, packages: readonly LockedPackage[]): Promise<void> {
  const versions = new Map(packages.map(({ name, version }) => [`${name}@${version}`, { name, version }]));
  // Aliases, since one package can be there in two versions.
  const aliases = [...versions].map(([specifier, entry], index) => ({
    alias: `package-${index}`,
    specifier,
    entry,
  }));
  const manifest = {
    name: "deployed",
    version: "1.0.0",
    dependencies: Object.fromEntries(aliases.map(({ alias, specifier }) => [alias, `npm:${specifier}`])),
  };
  const entries = aliases.map(({ alias, entry }) => [`node_modules/${alias}`, entry]);
  const lockfile = { lockfileVersion: 3, packages: { "": manifest, ...Object.fromEntries(entries) } };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await writeFile(join(folder, "package-lock.json"), JSON.stringify(lockfile));
}

/** What `npm audit --json` prints for the lockfile of a folder. It ends with 1 when it finds something. */
async function npmAudit(folder: string): Promise<unknown> {
  const words = [
    "audit",
    "--json",
    "--package-lock-only",
    "--include=dev",
    "--include=optional",
    "--include=peer",
  ];
  const output = await new Promise<string>((resolve, reject) => {
    execFile("npm", words, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, stdout) => {
      if (stdout === "" && error !== null) reject(new Error(`npm did not run: ${error.message}`));
      else resolve(stdout);
    });
  });
  try {
    return JSON.parse(output);
  } catch {
    throw new Error("npm made no audit: what it printed is not JSON.");
  }
}

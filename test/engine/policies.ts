import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const runner = join(import.meta.dirname, "../../node_modules/@pulumi/pulumi/cmd/run-policy-pack");

/**
 * Where the official distribution is missing, so is the program by which the engine starts a policy pack; it is asked
 * for by this name, with the pack's folder as the working directory.
 */
const starter = `#!/bin/sh
exec "${process.execPath}" "${runner}" "$@"
`;

/** Puts what starts policy packs on the path. @returns what takes it away */
export async function startPolicies(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-policy-"));
  const file = join(folder, "pulumi-analyzer-policy-nodejs");
  await writeFile(file, starter);
  await chmod(file, 0o755);
  const path = process.env["PATH"];
  process.env["PATH"] = `${folder}:${path}`;
  return async () => {
    process.env["PATH"] = path;
    await rm(folder, { recursive: true, force: true });
  };
}

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Workspace } from "./workspace.ts";

/** A sandbox that is up. */
export interface RunningSandbox {
  readonly pid: number;
  readonly workspace: Workspace;
}

const folder = join(import.meta.dirname, "../../.cache/sandbox");

/**
 * Says that this process has a sandbox up, for `npm run sandbox` in another terminal.
 * @returns what takes that back
 */
export async function announce(workspace: Workspace): Promise<() => Promise<void>> {
  const { cli, root, stack, configFile, variables } = workspace;
  const file = fileOf(process.pid);
  await mkdir(folder, { recursive: true });
  // It holds the passphrase of the stack's secrets, so nobody else may read it.
  await writeFile(file, JSON.stringify({ cli, root, stack, configFile, variables }), { mode: 0o600 });
  return () => rm(file, { force: true });
}

/** The sandboxes that are up. What a dead process left is removed. */
export async function runningSandboxes(): Promise<readonly RunningSandbox[]> {
  const names = await readdir(folder).catch(() => []);
  const found: RunningSandbox[] = [];
  for (const name of names) {
    const pid = Number(/^(\d+)\.json$/.exec(name)?.[1]);
    if (!Number.isInteger(pid)) continue;
    if (isAlive(pid)) {
      // Written by announce, of this same version.
      const workspace = JSON.parse(await readFile(fileOf(pid), "utf8")) as Workspace;
      found.push({ pid, workspace });
    } else {
      await rm(fileOf(pid), { force: true });
    }
  }
  return found;
}

function fileOf(pid: number): string {
  return join(folder, `${pid}.json`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive, too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

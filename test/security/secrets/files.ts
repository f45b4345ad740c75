import fs from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { unzipSync } from "fflate";
import type { Place } from "./walk.ts";

/** A folder that everything temporary of a run goes into, and all that was ever read in it. */
export interface TemporaryFiles {
  readonly folder: string;
  /** Reads what is there now; called before anything is removed, too. */
  look(): Promise<void>;
  places(): Place[];
  /** The folders and files that are left in it. */
  left(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Has all that this process and its children write to a temporary folder go into one of its own. */
export async function watchTemporaryFiles(): Promise<TemporaryFiles> {
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-secrets-"));
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  const read = new Map<string, Place>();
  const lookAt = async (path: string) => {
    for (const { file, content } of await readTree(path)) {
      const name = nameOf(relative(folder, file));
      read.set(`${name} ${content.toString("latin1")}`, { name, content });
    }
  };
  const remove = fs.promises.rm;
  fs.promises.rm = async (path, options) => {
    if (String(path).startsWith(`${folder}/`)) await lookAt(String(path));
    await remove(path, options);
  };
  syncBuiltinESMExports();
  return {
    folder,
    look: () => lookAt(folder),
    places: () => [...read.values()],
    left: () => readdir(folder),
    async close() {
      fs.promises.rm = remove;
      syncBuiltinESMExports();
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
      await rm(folder, { recursive: true });
    },
  };
}

/** What a file is, by its path. */
function nameOf(path: string): string {
  if (/^pulumi-stack-[^/]+\/state\//.test(path)) return "state";
  if (/^pulumi-stack-[^/]+\/project\//.test(path)) return "configuration file";
  if (/^pulumi-stack-[^/]+\/home\//.test(path)) return "Pulumi's home";
  if (/^pulumi-run-[^/]+\/events\.json$/.test(path)) return "event log";
  if (/^(?:function|service)-[^/]+\//.test(path)) return "unpacked functions";
  return "temporary files";
}

/** All that is in a folder and was changed since a moment, as a place. */
export async function readPlaces(name: string, folder: string, since: number): Promise<Place[]> {
  return (await readTree(folder, since)).map(({ content }) => ({ name, content }));
}

/** All files of a folder, packed ones unpacked, without what symbolic links lead to. */
async function readTree(
  path: string,
  since = 0,
): Promise<{ readonly file: string; readonly content: Buffer }[]> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return [];
  if (!status.isDirectory()) return unpacked(path, await readFile(path));
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files: { file: string; content: Buffer }[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = join(entry.parentPath, entry.name);
    // What others remove or rename meanwhile is read under its next name, or was read before.
    const changed = await stat(file).catch(() => undefined);
    if (changed === undefined || changed.mtimeMs < since) continue;
    const content = await readFile(file).catch(() => undefined);
    if (content !== undefined) files.push(...unpacked(file, content));
  }
  return files;
}

function unpacked(file: string, content: Buffer): { file: string; content: Buffer }[] {
  if (content.subarray(0, 2).toString("latin1") === "PK") {
    return Object.values(unzipSync(content)).map((part) => ({ file, content: Buffer.from(part) }));
  }
  const isPacked = content[0] === 0x1f && content[1] === 0x8b;
  return [{ file, content: isPacked ? gunzipSync(content) : content }];
}

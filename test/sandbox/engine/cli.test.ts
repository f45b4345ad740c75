import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CliError, findCli, hasLanguageHost } from "../../../sandbox/engine/cli.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(path: string, mode = 0o755): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, "");
  await chmod(file, mode);
  return file;
}

describe.skipIf(process.platform === "win32")("findCli", () => {
  it("takes the one that PULUMI names before the one on PATH", async () => {
    const named = await program("named/tool");
    await program("bin/pulumi");
    expect(await findCli({ PULUMI: named, PATH: join(folder, "bin") })).toBe(named);
  });

  it("takes the first on PATH that can be run", async () => {
    await program("none/pulumi", 0o644);
    await mkdir(join(folder, "folder/pulumi"), { recursive: true });
    const wanted = await program("bin/pulumi");
    await program("later/pulumi");
    const path = ["", "none", "folder", "bin", "later"].map((name) => name && join(folder, name));
    expect(await findCli({ PATH: path.join(delimiter) })).toBe(wanted);
  });

  it("says so when PULUMI names what cannot be run", async () => {
    const missing = join(folder, "missing");
    await expect(findCli({ PULUMI: missing, PATH: "" })).rejects.toThrow(
      new CliError(`PULUMI is set to ${missing}, which cannot be run: name the Pulumi CLI, or unset it`),
    );
  });

  it("finds the language host on PATH or next to the CLI", async () => {
    const cli = await program("bin/pulumi");
    expect(await hasLanguageHost(cli, join(folder, "other"))).toBe(false);
    await program("other/pulumi-language-nodejs");
    expect(await hasLanguageHost(cli, join(folder, "other"))).toBe(true);
    await program("bin/pulumi-language-nodejs");
    expect(await hasLanguageHost(cli, "")).toBe(true);
  });
});

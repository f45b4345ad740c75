/** `npm run engine:build`: the Pulumi CLI, built from its source. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { builtCli, CliError, engineFolder } from "./cli.ts";

/** The folder whose go.mod and go.sum say what is built, and from which sources exactly. */
const moduleFolder = join(import.meta.dirname, "cli");
const packagePath = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
/** Says from which go.mod and go.sum the CLI next to it was built. */
const stampFile = join(engineFolder, "built-from");

async function main(): Promise<void> {
  const files = await Promise.all(["go.mod", "go.sum"].map((name) => readFile(join(moduleFolder, name))));
  const stamp = createHash("sha256").update(Buffer.concat(files)).digest("hex");
  const version = versionIn(String(files[0]));
  const shown = relative(process.cwd(), builtCli);
  if ((await isFile(builtCli)) && (await readFile(stampFile, "utf8").catch(() => "")) === stamp) {
    say(`Pulumi ${version} is built already: ${shown}`);
    return;
  }

  const began = Date.now();
  say(
    `Building Pulumi ${version} from its source. The first time, this downloads it and takes some minutes.`,
  );
  await mkdir(engineFolder, { recursive: true });
  // A build that is stopped half-way leaves nothing that looks finished.
  const unfinished = `${builtCli}.unfinished`;
  const flags = `-s -w -X ${versionVariable}=${version}`;
  await runGo(["build", "-mod=readonly", "-trimpath", "-ldflags", flags, "-o", unfinished, packagePath]);
  await rename(unfinished, builtCli);
  await writeFile(stampFile, stamp);
  const megabytes = Math.round((await stat(builtCli)).size / 1_000_000);
  say(`${shown}: ${megabytes} MB, in ${Math.round((Date.now() - began) / 1000)} s`);
}

function versionIn(goMod: string): string {
  const [, version] = /pulumi\/pkg\/v3 v(\S+)/.exec(goMod) ?? [];
  if (version === undefined) throw new CliError(`${moduleFolder}/go.mod does not say which Pulumi to build`);
  return version;
}

async function runGo(words: readonly string[]): Promise<void> {
  const go = spawn("go", words, { cwd: moduleFolder, stdio: ["ignore", "inherit", "inherit"] });
  const code = await new Promise<number | null>((resolve, reject) => {
    go.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "ENOENT"
          ? new CliError(
              "Go is not installed: get it from https://go.dev/dl/ and run this again, or install the Pulumi CLI " +
                "itself (https://www.pulumi.com/docs/install/)",
            )
          : error,
      );
    });
    go.once("close", resolve);
  });
  if (code !== 0) throw new CliError(`go ${words[0]} ended with exit code ${code}: its messages are above`);
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

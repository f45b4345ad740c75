/** `npm run engine:build`: the Pulumi CLI, built from its source. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { flag, parseOptions, runCommand } from "../../cli/command.ts";
import { builtCli, builtSdkGenerator, builtYamlHost, CliError, engineFolder } from "./cli.ts";

const usage = `Usage: npm run engine:build [-- --languages]

Builds the Pulumi CLI from its Go modules, where it was not built yet. It needs Go.

  --languages  also Pulumi's host for programs in YAML, and its generators of packages for Python and Go
  --help       print this
`;

/** A program to build. */
interface Built {
  /** What it is, for a person. */
  readonly title: string;
  readonly executable: string;
  /** The folder whose go.mod and go.sum say what is built, and from which sources exactly. */
  readonly module: string;
  readonly package: string;
  /** Where the package is one of the module itself: its file. */
  readonly file?: string;
}

const cliModule = join(import.meta.dirname, "cli");
const cli: Built = {
  title: "Pulumi",
  executable: builtCli,
  module: cliModule,
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
};
const languages: readonly Built[] = [
  {
    title: "the host for YAML of Pulumi",
    executable: builtYamlHost,
    module: join(import.meta.dirname, "yaml"),
    package: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
  },
  {
    title: "the generators of Pulumi",
    executable: builtSdkGenerator,
    module: cliModule,
    package: "./generate-sdk",
    file: "generate-sdk/main.go",
  },
];
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

async function main(words: readonly string[]): Promise<undefined> {
  const options = parseOptions(words, { languages: flag });
  for (const built of options.languages ? [cli, ...languages] : [cli]) await build(built);
}

async function build(built: Built): Promise<void> {
  const { title, executable, module, file = [] } = built;
  const files = await Promise.all(
    ["go.mod", "go.sum", file].flat().map((name) => readFile(join(module, name))),
  );
  const stamp = createHash("sha256").update(Buffer.concat(files)).digest("hex");
  // Says from which go.mod and go.sum the program next to it was built.
  const stampFile = `${executable}.built-from`;
  const version = versionIn(module, String(files[0]));
  const shown = relative(process.cwd(), executable);
  if ((await isFile(executable)) && (await readFile(stampFile, "utf8").catch(() => "")) === stamp) {
    say(`${title} ${version} is built already: ${shown}`);
    return;
  }

  const began = Date.now();
  say(
    `Building ${title} ${version} from its source. The first time, this downloads it and takes some minutes.`,
  );
  await mkdir(engineFolder, { recursive: true });
  // A build that is stopped half-way leaves nothing that looks finished.
  const unfinished = `${executable}.unfinished`;
  const flags = `-s -w -X ${versionVariable}=${version}`;
  await runGo(module, [
    "build",
    "-mod=readonly",
    "-trimpath",
    "-ldflags",
    flags,
    "-o",
    unfinished,
    built.package,
  ]);
  await rename(unfinished, executable);
  await writeFile(stampFile, stamp);
  const megabytes = Math.round((await stat(executable)).size / 1_000_000);
  say(`${shown}: ${megabytes} MB, in ${Math.round((Date.now() - began) / 1000)} s`);
}

function versionIn(module: string, goMod: string): string {
  const [, version] = /pulumi\/pkg\/v3 v(\S+)/.exec(goMod) ?? [];
  if (version === undefined) throw new CliError(`${module}/go.mod does not say which Pulumi to build`);
  return version;
}

async function runGo(module: string, words: readonly string[]): Promise<void> {
  const go = spawn("go", words, { cwd: module, stdio: ["ignore", "inherit", "inherit"] });
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

await runCommand(usage, main);

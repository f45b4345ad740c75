/** `npm run package`: makes the npm package of the component, for programs in TypeScript and JavaScript. */
import { execFile } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { exitCodes, flag, parseOptions, runCommand } from "../cli/command.ts";
import { isObject, own } from "../function/shared/json.ts";
import { buildArchive } from "./google/archive.ts";

const usage = `Usage: npm run package [-- --json]

Writes dist/signin-groups-<version>.tgz: the component in JavaScript with its types, and the functions'
archives, built. A release attaches it; a program installs it with "npm install <file>".

  --json   print {path, files}
  --help   print this
`;

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const folder = join(root, "dist/package");
const ENTRY = "infra/component.js";
/** Builds the archives, which the package has. */
const BUILDER = "infra/google/archive.js";

await runCommand(usage, async (words) => {
  const { json } = parseOptions(words, { json: flag });
  await rm(folder, { recursive: true, force: true });
  await run(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.package.json"],
    {
      cwd: root,
    },
  );
  const packages = await keepWhatIsUsed();
  await writeManifest(packages);
  for (const name of ["LICENSE", "CHANGELOG.md"]) await copyFile(join(root, name), join(folder, name));
  await writeFile(join(folder, "README.md"), await readme());
  await mkdir(join(folder, "archives"), { recursive: true });
  for (const hosting of ["functions", "service"] as const) {
    const { path } = await buildArchive(hosting);
    await copyFile(path, join(folder, "archives", basename(path)));
  }
  // npm's answer: a list with one package.
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", join(root, "dist")], {
    cwd: folder,
  });
  const [packed] = JSON.parse(stdout) as readonly [
    { readonly filename: string; readonly entryCount: number },
  ];
  const path = join(root, "dist", packed.filename);
  const text = `${relative(process.cwd(), path)}\n${packed.entryCount} files\n`;
  process.stdout.write(json ? `${JSON.stringify({ path, files: packed.entryCount })}\n` : text);
  return exitCodes.well;
});

/**
 * Deletes every module that a program does not load, and makes the types name what there is.
 *
 * @returns the packages that the rest imports
 */
async function keepWhatIsUsed(): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    packages: "external",
    external: [`./${basename(BUILDER)}`],
  });
  const used = new Set(Object.keys(metafile.inputs));
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const packages = imports.flatMap(({ path, external = false }) =>
    !external || path.startsWith("node:") || path.startsWith(".") ? [] : [packageOf(path)],
  );
  for (const name of await readdir(folder, { recursive: true })) {
    if (name.endsWith(".js") && !used.has(name)) await rm(join(folder, name));
    if (!name.endsWith(".d.ts")) continue;
    const types = await readFile(join(folder, name), "utf8");
    await writeFile(join(folder, name), types.replaceAll(/(from "\.[^"]+)\.ts"/g, '$1.js"'));
  }
  return [...new Set(packages)].sort();
}

/** `@scope/name` or `name` of what is imported from it. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Its dependencies are those of the project, in their compatible versions: the program has the same providers as the package. */
async function writeManifest(packages: readonly string[]): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const { name, version, description, license, dependencies } = isObject(manifest) ? manifest : {};
  const versions = isObject(dependencies) ? dependencies : {};
  const needed = packages.map((one) => {
    const wanted = own(versions, one);
    if (wanted === undefined) throw new Error(`${one} is imported, and is not among the dependencies.`);
    return [one, `^${String(wanted)}`];
  });
  const content = {
    name,
    version,
    description,
    license,
    type: "module",
    engines: { node: ">=22.19" },
    exports: {
      ".": { types: `./${ENTRY.replace(".js", ".d.ts")}`, default: `./${ENTRY}` },
      "./package.json": "./package.json",
    },
    keywords: ["pulumi", "okta", "google-cloud"],
    dependencies: Object.fromEntries(needed),
  };
  await writeFile(join(folder, "package.json"), `${JSON.stringify(content, undefined, 2)}\n`);
}

async function readme(): Promise<string> {
  return await readFile(join(root, "examples/typescript/README.md"), "utf8");
}

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { onTestFinished } from "vitest";
import { edit } from "./actions.ts";
import { type Sandbox, startSandbox } from "./support.ts";

const home = join(import.meta.dirname, "../..");

/** An example that a test may change, with a sandbox of its own. */
export interface Example {
  readonly root: string;
  readonly sandbox: Sandbox;
}

/**
 * Copies an example, and starts a sandbox for it. Its program waits for no right of Google's, and its groups may be deleted.
 *
 * @param change such as the file of the program, the line after which arguments can stand, and how they are written
 * @param variables for the engine
 */
export async function startExample(
  name: string,
  change: {
    readonly file: string;
    readonly after: string;
    readonly settings: string;
  },
  variables: Readonly<Record<string, string>> = {},
): Promise<Example> {
  const root = await copyExample(name);
  await edit(join(root, change.file), change.after, `${change.after}${change.settings}`);
  const sandbox = await startSandbox({}, { root, programFolder: root }, () => {}, variables);
  onTestFinished(() => sandbox.close());
  return { root, sandbox };
}

/** Copies an example to a folder of its own, from where it finds the component. */
export async function copyExample(name: string): Promise<string> {
  // Within the project's folder, its own name leads a program to the component.
  const cache = join(home, ".cache");
  await mkdir(cache, { recursive: true });
  const root = await mkdtemp(join(cache, "example-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await cp(join(home, "examples", name), root, { recursive: true });
  const project = join(root, "Pulumi.yaml");
  await writeFile(project, (await readFile(project, "utf8")).replace("../..", relative(root, home)));
  return root;
}

/** Writes a file of the example anew. @param change what its text becomes */
export async function rewrite(
  { root }: Example,
  file: string,
  change: (text: string) => string,
): Promise<void> {
  const path = join(root, file);
  await writeFile(path, change(await readFile(path, "utf8")));
}

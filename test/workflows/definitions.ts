import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";

export const root = join(import.meta.dirname, "../..");
const folder = join(root, ".github/workflows");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Concurrency {
  readonly group: string;
  readonly "cancel-in-progress": boolean;
}

export interface Job {
  readonly uses?: string;
  readonly "runs-on"?: string;
  readonly if?: string;
  readonly strategy?: {
    readonly matrix: {
      readonly system: readonly string[];
      readonly include?: readonly { readonly system: string }[];
    };
  };
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: Concurrency;
  readonly "timeout-minutes"?: number;
  readonly steps?: readonly Step[];
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly concurrency?: Concurrency;
  readonly defaults: { readonly run: { readonly shell: string } };
  readonly jobs: Readonly<Record<string, Job>>;
}

const ACTION = ".github/actions/pulumi/action.yml";

/** The workflows' paths. */
export const files = (await readdir(folder)).map((file) => join(".github/workflows", file));
/** The text of each workflow and of the action, by path. */
export const texts = new Map<string, string>(
  await Promise.all(
    [...files, ACTION].map(async (file) => [file, await readFile(join(root, file), "utf8")] as const),
  ),
);
// actionlint holds their shape.
export const workflows = files.map((file) => [file, parse(texts.get(file) ?? "") as Workflow] as const);
export const action = parse(texts.get(ACTION) ?? "") as {
  readonly runs: { readonly steps: readonly (Step & { readonly shell?: string })[] };
};
/** The jobs of all workflows. */
export const jobs = workflows.flatMap(([file, workflow]) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ name: `${name} in ${file}`, workflow, job })),
);

/** What a job's steps run, those of the scripts in place of their names. */
export const commandsOf = (job: Job) =>
  (job.steps ?? []).map(({ run = "" }) => run.replaceAll("destroy-environment", "pulumi destroy")).join("\n");
/** Whether a job gets an identity in Google Cloud. */
export const authenticates = (job: Job) =>
  (job.steps ?? []).some(({ uses }) => uses === "./.github/actions/pulumi");

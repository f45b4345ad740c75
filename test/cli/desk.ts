import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { ReplayProgress } from "../../function/shared/contract.ts";
import { type FakeGoogle, startFakeGoogle } from "../support/google.ts";
import type { Ended } from "../support/script-here.ts";
import { type FakeObjects, startFakeObjects } from "./objects.ts";
import { runHere } from "./run-here.ts";

const entry = join(import.meta.dirname, "../../cli/index.ts");

export const QUEUE = "projects/acme-identity/locations/europe-west1/queues/continuations-1a2b";
export const BUCKET = "signin-groups-state-3c4d";
export const LOGS = "https://console.cloud.google.com/logs/query;query=x?project=acme-identity";

/** What the stack "dev" exports. */
export const outputs = {
  hookUrl: "https://x.example",
  continuationQueue: QUEUE,
  stateBucket: BUCKET,
  links: { logs: LOGS },
};

/** A CLI that knows one stack. */
export const knowsDev = `if [ "$*" = "stack output --json --stack dev" ]; then
printf '%s' '${JSON.stringify(outputs)}'
else echo "error: no stack named '$5' found" >&2; exit 255
fi`;

/** The machine of a platform engineer: a Pulumi CLI, credentials, and a Google Cloud that they are good for. */
export interface Desk extends AsyncDisposable {
  readonly folder: string;
  readonly google: FakeGoogle;
  readonly objects: FakeObjects;
  /** Starts `npm run replay` in a process of its own, in the folder. */
  start(words: readonly string[], environment?: Readonly<Record<string, string>>): Running;
  /** Runs it in this process. */
  run(words: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ended>;
}

/** The command, under way. */
export interface Running {
  /** Resolves as soon as it has printed this on standard output. */
  printed(part: string): Promise<void>;
  interrupt(): void;
  readonly end: Promise<Ended>;
}

/** @param pulumi what the CLI does, in sh; null where there is none */
export async function startDesk(pulumi: string | null = knowsDev): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-cli-"));
  if (pulumi !== null) await writeFile(join(folder, "pulumi"), `#!/bin/sh\n${pulumi}\n`, { mode: 0o755 });
  const [google, objects] = await Promise.all([startFakeGoogle(), startFakeObjects()]);
  const children: ChildProcess[] = [];
  // Nothing of this machine's own: no CLI, no credentials.
  const variables = {
    PATH: folder,
    HOME: folder,
    CLOUDSDK_CONFIG: folder,
    CLOUD_TASKS_ENDPOINT: google.url,
    CLOUD_STORAGE_ENDPOINT: objects.url,
    GOOGLE_OAUTH_ACCESS_TOKEN: "google-token",
  };
  const start = (words: readonly string[], environment: Readonly<Record<string, string>> = {}): Running => {
    const child = spawn(process.execPath, [entry, "replay", ...words], {
      cwd: folder,
      env: {
        ...variables,
        // Where Node.js finds what an earlier test compiled.
        NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    const [stdout, stderr, end] = [text(child.stdout), text(child.stderr), once(child, "close")];
    return {
      printed: (part) =>
        new Promise((resolve, reject) => {
          let printed = "";
          child.once("close", () => reject(new Error(`The command ended without ${JSON.stringify(part)}.`)));
          child.stdout.on("data", (chunk) => {
            printed += chunk;
            if (printed.includes(part)) resolve();
          });
        }),
      interrupt: () => void child.kill("SIGINT"),
      end: end.then(async ([code]) => ({ code, stdout: await stdout, stderr: await stderr })),
    };
  };
  return {
    folder,
    google,
    objects,
    start,
    run: (words, environment) => runHere(["replay", ...words], { ...variables, ...environment }),
    async [Symbol.asyncDispose]() {
      // What a failed test left running.
      for (const child of children) child.kill("SIGKILL");
      google.close();
      objects.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** How a replay of 1 to 11 November stands. */
export function progressOf(values: Partial<ReplayProgress> = {}): ReplayProgress {
  return {
    state: "running",
    since: "2026-11-01T00:00:00.000Z",
    until: "2026-11-11T00:00:00.000Z",
    dryRun: false,
    reached: "2026-11-05T04:48:00.000Z",
    counts: { events: 1000, wanted: 1, queued: 1 },
    ...values,
  };
}

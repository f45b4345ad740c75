import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { examineStack } from "../../cli/doctor/examine.ts";
import type { Section } from "../../cli/findings.ts";
import { createLookUps, type LookUps } from "../../cli/look-ups.ts";
import { createScreen } from "../../cli/screen.ts";
import { examineDeployment } from "../../cli/smoke/examine.ts";
import { systemClock } from "../../function/shared/clock.ts";
import { type Clouds, commandVariables, programFor, startClouds } from "../../sandbox/environment.ts";
import type { GoogleNotice } from "../../sandbox/google/notices.ts";
import type { OktaNotice } from "../../sandbox/okta/model/notices.ts";
import { type Ended, withEnvironment } from "../support/script-here.ts";
import { type Program, withPrograms } from "./programs-here.ts";
import { runHere } from "./run-here.ts";

const root = join(import.meta.dirname, "../..");
const entry = join(root, "cli/index.ts");

/** What the Pulumi CLI says of words that it has no answer for here. */
const NO_STACK = "error: no stack named 'dev' found";

/** A stack's configuration, and where it is deployed to, as a test changes them before the command runs. */
export interface World {
  readonly clouds: Clouds;
  /** The calls that the clouds got, such as `GET /api/v1/groups`. */
  readonly calls: string[];
  /** What `pulumi config --json --show-secrets` prints, by key. */
  readonly configuration: Record<string, string>;
  /** The variables of the command. */
  readonly environment: Record<string, string | undefined>;
  /** What the Pulumi CLI answers, by its first words; anything else fails. */
  readonly pulumi: Record<string, string>;
  /** What Node.js prints where the doctor asks it for its version; a command in a process of its own gets a real one. */
  node: string;
  /** Calls Okta as its administrator, and answers the JSON. */
  okta(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>>;
  /** Calls Google Cloud as the project's owner, and answers the JSON. */
  google(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>>;
  /** What a command finds, without a process of its own. */
  look(command: "doctor" | "smoke", options?: { readonly preview?: boolean }): Promise<readonly Section[]>;
  /** Runs a part of a command in this process, with the command's variables. */
  here<Result>(work: (lookUps: LookUps, signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /** Resolves as soon as a cloud got such a call, from now on. */
  called(call: RegExp): Promise<void>;
  /** Deletes something, likewise. */
  oktaDelete(path: string): Promise<void>;
  googleDelete(path: string): Promise<void>;
  /** Runs `npm run NAME -- --stack dev …` in this process. One at a time: it takes what this process prints. */
  run(name: string, ...words: readonly string[]): Promise<Ended>;
  /** The same in a process of its own, as npm does. */
  start(name: string, ...words: readonly string[]): Promise<Ended>;
  /** As `start`, and Ctrl-C as soon as a cloud got such a call. */
  interrupt(call: RegExp, name: string, ...words: readonly string[]): Promise<Ended>;
}

/** Waits until a command has ended, whose standard output and error are pipes. */
export async function endOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code, stdout, stderr };
}

/**
 * Two clouds, and a machine on which a healthy stack can be deployed.
 *
 * @param onEnd takes what ends them; by default they end with the test
 */
export async function startWorld(
  place?: { project: string; region: string },
  onEnd: (end: () => Promise<void>) => void = onTestFinished,
): Promise<World> {
  const calls: string[] = [];
  const listeners = new Set<(call: string) => void>();
  const note = (notice: OktaNotice | GoogleNotice) => {
    if (notice.kind !== "request") return;
    const call = `${notice.method} ${notice.path}`;
    calls.push(call);
    for (const hear of listeners) hear(call);
  };
  const clouds = await startClouds({ onOkta: note, onGoogle: note }, place);
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-doctor-"));
  onEnd(async () => {
    await clouds.close();
    await rm(folder, { recursive: true });
  });
  await symlink(process.execPath, join(folder, "node"));
  const program = programFor(clouds);
  /** What the Pulumi CLI answers, by its first words. */
  const answersOfPulumi = (): ReadonlyMap<string, string> => {
    const config = Object.fromEntries(
      Object.entries(world.configuration).map(([key, value]) => [
        key,
        { value, secret: program.secretKeys.includes(key) },
      ]),
    );
    return new Map(Object.entries({ config: JSON.stringify(config), ...world.pulumi }));
  };
  /** Works with the command's variables and programs in place of this process's. */
  async function withOwn<Result>(work: () => Promise<Result>): Promise<Result> {
    const answers = answersOfPulumi();
    calls.length = 0;
    const pulumi: Program = (words) => {
      if (answers.size <= 1) return "missing";
      const [, stdout] = [...answers].find(([begin]) => words.startsWith(begin)) ?? [];
      return stdout === undefined ? { stderr: `${NO_STACK}\n` } : { stdout: `${stdout}\n` };
    };
    const programs = new Map([
      ["pulumi", pulumi],
      ["node", () => ({ stdout: world.node })],
    ]);
    return await withPrograms(programs, () => withEnvironment(world.environment, work));
  }
  const world: World = {
    clouds,
    calls,
    configuration: { ...program.configuration },
    environment: {
      PATH: `${folder}:/usr/bin:/bin`,
      HOME: folder,
      CLOUDSDK_CONFIG: folder,
      METADATA_SERVER_DETECTION: "none",
      npm_config_user_agent: "npm/11.6.2 node/v24.21.0 linux x64 workspaces/false",
      ...commandVariables(clouds),
    },
    node: JSON.stringify({ version: process.versions.node }),
    pulumi: {
      version: "v3.270.0",
      "plugin ls": JSON.stringify([
        { name: "gcp", kind: "resource", version: "9.37.0" },
        { name: "okta", kind: "resource", version: "7.0.0" },
        { name: "random", kind: "resource", version: "4.21.2" },
      ]),
      "stack export": JSON.stringify({ version: 3, deployment: {} }),
    },
    okta: (method, path, body) => call(clouds.okta.url + path, method, `SSWS ${clouds.okta.apiToken}`, body),
    google: (method, path, body) =>
      call(clouds.google.url + path, method, `Bearer ${clouds.google.deployerToken}`, body),
    called: (wanted) =>
      new Promise((resolve) => {
        const hear = (call: string) => {
          if (!wanted.test(call)) return;
          listeners.delete(hear);
          resolve();
        };
        listeners.add(hear);
      }),
    oktaDelete: (path) => remove(clouds.okta.url + path, `SSWS ${clouds.okta.apiToken}`),
    googleDelete: (path) => remove(clouds.google.url + path, `Bearer ${clouds.google.deployerToken}`),
    here: (work) =>
      withOwn(async () => {
        const { signal } = new AbortController();
        const screen = createScreen({ write: () => undefined }, systemClock.now);
        const lookUps = createLookUps({ screen, clock: systemClock, signal });
        return await work(lookUps, signal).finally(lookUps.end);
      }),
    look: (command, options) =>
      world.here(async (lookUps, signal) =>
        command === "doctor"
          ? await examineStack({ stack: "dev" }, lookUps, signal)
          : (await examineDeployment({ stack: "dev" }, lookUps, options)).sections,
      ),
    run: (name, ...words) => withOwn(() => runHere([name, "--stack", "dev", ...words], process.env)),
    start: (name, ...words) => begin([name, ...words], () => undefined),
    interrupt: (call, name, ...words) =>
      begin([name, ...words], (child) => void world.called(call).then(() => child.kill("SIGINT"))),
  };
  async function begin(
    [name = "", ...words]: readonly string[],
    watch: (child: ChildProcess) => void,
  ): Promise<Ended> {
    calls.length = 0;
    await writePulumi(folder, answersOfPulumi());
    const child = spawn(process.execPath, [entry, name, "--stack", "dev", ...words], {
      cwd: folder,
      // Where Node.js finds what an earlier test compiled.
      env: { ...world.environment, NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] },
      stdio: ["ignore", "pipe", "pipe"],
    });
    watch(child);
    return await endOf(child);
  }
  return world;
}

/** A program in place of the Pulumi CLI, which prints an answer for the words with which it is called. */
async function writePulumi(folder: string, answers: ReadonlyMap<string, string>): Promise<void> {
  const cases = [...answers].map(([words, answer]) => `"${words}"*) cat <<'END'\n${answer}\nEND\n;;`);
  const script = `#!/bin/sh\ncase "$*" in\n${cases.join("\n")}\n*) echo "${NO_STACK}" >&2; exit 255;;\nesac\n`;
  await rm(join(folder, "pulumi"), { force: true });
  if (answers.size > 1) await writeFile(join(folder, "pulumi"), script, { mode: 0o755 });
}

async function remove(url: string, authorization: string): Promise<void> {
  const response = await fetch(url, { method: "DELETE", headers: { authorization } });
  if (!response.ok) throw new Error(`DELETE ${url}: ${response.status} ${await response.text()}`);
}

async function call(
  url: string,
  method: string,
  authorization: string,
  body: object | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, {
    method,
    headers: { authorization, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  const answer: unknown = await response.json();
  return Object(answer);
}

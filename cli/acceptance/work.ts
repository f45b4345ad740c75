import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../function/shared/clock.ts";
import { COMPONENT } from "../../infra/configuration.ts";
import type { Settings } from "../../infra/settings.ts";
import { AccessError } from "../command.ts";
import { readStackState } from "../configuration.ts";
import type { ConfigurationSource } from "../configuration-source.ts";
import { examineStack } from "../doctor/examine.ts";
import type { Operations } from "../engine-log.ts";
import { exitCodeOf, type Section } from "../findings.ts";
import type { ApiName, GoogleApi } from "../google-api.ts";
import { createLookUps } from "../look-ups.ts";
import { runPulumi } from "../pulumi.ts";
import { plural, type Screen } from "../screen.ts";
import { functionsIn, objectIn } from "../smoke/deployed.ts";
import { examineDeployment } from "../smoke/examine.ts";
import { type EngineRun, runEngine } from "./engine.ts";
import { listOf, objectOf, wordOf } from "./look.ts";
import { createPerson, deletePerson } from "./people.ts";
import { createProbe, type ProbedStack, type RecordingProbe } from "./probe.ts";
import type { Progress } from "./progress.ts";
import type { Scrub } from "./scrub.ts";
import type { StepName } from "./steps.ts";

/** A step did not end as it should. The message says how it ended, and what that means. */
export class StepError extends Error {
  override readonly name = "StepError";
}

/** What the steps work with. */
export interface Work {
  readonly source: ConfigurationSource & { readonly configFile: string };
  readonly settings: Settings;
  /** The project's folder. */
  readonly root: string;
  /** Where the round keeps its files. */
  readonly folder: string;
  /** How long the event hook stays deactivated in the step `lost`, in milliseconds. */
  readonly outageMs: number;
  readonly api: GoogleApi;
  readonly screen: Screen;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly scrub: Scrub;
  readonly progress: Progress;
  /** The stack as it is now. */
  readStack(): Promise<ProbedStack>;
  save(): Promise<void>;
}

/** How long a membership may take after a sign-in, and how often it is looked for, in milliseconds. */
const MEMBERSHIP_MS = 120_000;
const LOST_MS = 900_000;
const LOOK_MS = 1_000;

/** What each step does. @returns what it found, in sentences @throws StepError; AccessError; the signal's reason */
export const work: Readonly<Record<StepName, (work: Work) => Promise<readonly string[]>>> = {
  doctor: async ({ source, screen, clock, signal }) => {
    const lookUps = createLookUps({ screen, clock, signal });
    const sections = await examineStack(source, lookUps, signal).finally(lookUps.end);
    return judgeSections(sections, "up would fail");
  },
  preview: async (of) => {
    const planned = await engine(of, ["preview"]);
    return [`${plural(planned.create.length, "resource")} to create.`];
  },
  up: async (of) => {
    const made = await engine(of, ["up"]);
    return [`${plural(made.create.length, "resource")} created.`];
  },
  smoke,
  "sign-in": async (of) => {
    const { progress } = of;
    const seconds = await signInAndWait(of, MEMBERSHIP_MS);
    progress.facts["sign-in"] = seconds === undefined ? "not a member" : "a member";
    if (seconds === undefined) throw new StepError(notMember(MEMBERSHIP_MS));
    return [`A new person was a member ${seconds.toFixed(1)} s after the sign-in.`];
  },
  // Its looks are made after it.
  look: async () => [],
  "up-again": async (of) => unchanged(of, await engine(of, ["up"]), "up-again"),
  refresh: async (of) => unchanged(of, await engine(of, ["refresh"]), "refresh"),
  rule: changeRule,
  rotate,
  lost,
  "broken-build": breakBuild,
  "repaired-build": async (of) => {
    const { update, replace } = await engine(of, ["up", "--refresh"]);
    return [`${plural(update.length + replace.length, "resource")} repaired.`, ...(await smoke(of))];
  },
  destroy: async (of) => {
    const { source, progress, signal } = of;
    const resources = await readStackState(source.stack, signal);
    progress.leftOvers = resources
      .filter(({ id }) => id !== "")
      .map(({ name, type, id }) => ({ name, type, id }));
    const idOf = (type: string, end: string) =>
      resources.find((one) => one.type === type && one.name.endsWith(end))?.id;
    const [queue, key] = [
      idOf("gcp:cloudtasks/queue:Queue", "-memberships"),
      idOf("gcp:kms/cryptoKey:CryptoKey", ""),
    ];
    if (queue !== undefined) progress.facts["queue"] = queue;
    if (key !== undefined) progress.facts["key"] = key;
    await of.save();
    const { delete: deleted } = await engine(of, ["destroy"]);
    progress.facts["destroy"] = "done";
    return [`${plural(deleted.length, "resource")} deleted.`];
  },
  "nothing-left": lookForLeftOvers,
};

/** Runs Pulumi. @throws StepError when it fails */
async function engine(of: Work, verb: Parameters<typeof runEngine>[0], root = of.root): Promise<Operations> {
  const { ok, problems, operations } = await attempt(of, verb, root);
  if (ok) return operations;
  throw new StepError(`pulumi ${verb[0]} failed:\n${problems.join("\n").replaceAll(/^/gm, "  ")}`);
}

function attempt(of: Work, verb: Parameters<typeof runEngine>[0], root = of.root): Promise<EngineRun> {
  const { source, screen, signal } = of;
  return runEngine(verb, { stack: source.stack, root, configFile: source.configFile, screen, signal });
}

async function smoke({ source, screen, clock, signal }: Work): Promise<readonly string[]> {
  const lookUps = createLookUps({ screen, clock, signal });
  const { sections } = await examineDeployment(source, lookUps).finally(lookUps.end);
  return judgeSections(sections, "the stack does not work");
}

function judgeSections(sections: readonly Section[], meaning: string): readonly string[] {
  const findings = sections.flatMap((section) => section.findings);
  const of = (...states: readonly string[]) => findings.filter(({ state }) => states.includes(state));
  const listed = of("failure", "unknown", "warning").map(
    ({ state, meaning: text }) =>
      `${state === "failure" ? "broken" : state === "unknown" ? "not looked at" : state}: ${text}`,
  );
  if (exitCodeOf(sections) === 1) {
    throw new StepError(`${meaning}:\n${listed.map((one) => `  ${one}`).join("\n")}`);
  }
  return [`${of("ok").length} ok.`, ...listed];
}

function unchanged({ progress }: Work, done: Operations, fact: string): readonly string[] {
  const changed = [...done.create, ...done.update, ...done.replace, ...done.delete];
  progress.facts[fact] = changed.length === 0 ? "nothing changed" : `changed: ${changed.join(", ")}`;
  if (changed.length === 0) return [`Nothing changed; ${plural(done.same, "resource")} stayed.`];
  throw new StepError(`Without a change of the program, Pulumi changed ${changed.join(", ")}.`);
}

/** A probe for what the steps themselves call; its answers are in no fixture. */
async function stepProbe(of: Work): Promise<RecordingProbe> {
  const { api, scrub, clock, signal, progress } = of;
  return createProbe("", { stack: await of.readStack(), api, scrub, clock, signal, facts: progress.facts });
}

/** Signs a new person in. @returns who they are, and the moment in milliseconds since the epoch @throws StepError */
async function signIn(of: Work, probe: RecordingProbe, prefix = "signin-groups-acceptance") {
  const { progress, clock } = of;
  progress.peopleMade += 1;
  const person = await createPerson(probe, `${prefix}-${progress.round}-${progress.peopleMade}`);
  progress.people.push(person.id);
  await of.save();
  const at = clock.now();
  const answer = await probe.okta("POST", "/api/v1/authn", {
    body: { username: person.login, password: person.password },
    authorization: undefined,
  });
  const status = answer.status === 200 ? String(objectOf(answer)["status"]) : wordOf(answer);
  progress.facts["authentication"] = status;
  if (status === "SUCCESS") return { ...person, at };
  throw new StepError(
    `A test person cannot sign in with their password only: Okta answers ${status}. The org's global session policy must not ask them for a second factor.`,
  );
}

/** Waits until somebody is a member of a group of the rules. @returns the seconds since they signed in, undefined in vain */
async function waitForMembership(
  { clock, signal, screen }: Work,
  probe: RecordingProbe,
  person: { readonly id: string; readonly at: number },
  milliseconds: number,
): Promise<number | undefined> {
  const end = clock.now() + milliseconds;
  while (!(await isMember(probe, person.id))) {
    signal.throwIfAborted();
    if (clock.now() >= end) return undefined;
    screen.progress(`    waiting for the membership, ${Math.round((clock.now() - person.at) / 1000)} s`);
    await clock.sleep(LOOK_MS, signal);
  }
  return (clock.now() - person.at) / 1000;
}

async function isMember({ okta, stack }: RecordingProbe, userId: string): Promise<boolean> {
  const groupIds = Object.values(objectIn(stack.outputs, "groupIds")).map(String);
  const listed = listOf(await okta("GET", `/api/v1/users/${userId}/groups`));
  return listed.some(({ id }) => groupIds.includes(String(id)));
}

/** Deletes a test person at once: an org may have room for few. */
async function dismiss(of: Work, probe: RecordingProbe, { id }: { readonly id: string }): Promise<void> {
  const { progress } = of;
  if (!(await deletePerson(probe, id))) return;
  progress.people = progress.people.filter((one) => one !== id);
  await of.save();
}

async function signInAndWait(of: Work, milliseconds: number): Promise<number | undefined> {
  const probe = await stepProbe(of);
  const person = await signIn(of, probe);
  const seconds = await waitForMembership(of, probe, person, milliseconds);
  if (seconds !== undefined) await dismiss(of, probe, person);
  return seconds;
}

function notMember(milliseconds: number): string {
  return `Somebody who signed in is not a member ${milliseconds / 1000} s later. npm run smoke -- --stack NAME says what is broken, and pulumi stack output links has the page of the log.`;
}

/** Writes values into the round's copy of the configuration. */
async function configure(
  { source, root, signal }: Pick<Work, "source" | "root" | "signal">,
  values: Readonly<Record<string, string>>,
) {
  const pairs = Object.entries(values).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
  const words = ["config", "set-all", "--path", ...pairs];
  await runPulumi([...words, "--stack", source.stack, "--config-file", source.configFile], signal, root);
}

/** What `pulumi config set --path` writes a value with: a text for each path in it. */
function pathsOf(path: string, value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null) return { [path]: String(value) };
  const parts = Object.entries(value).map(([key, item]) =>
    pathsOf(Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, item),
  );
  return Object.assign({}, ...parts);
}

/** People whose login begins so are left out by the changed rule. */
const LEFT_OUT = "signin-groups-left-out";

async function changeRule(of: Work): Promise<readonly string[]> {
  const { settings, progress } = of;
  const probe = await stepProbe(of);
  const answer = await readFunction(probe, "receive");
  const { build, environmentVariables } = objectIn(objectOf(answer), "buildConfig");
  const variables = objectIn({ environmentVariables }, "environmentVariables");
  if (typeof build === "string") progress.facts["build of receive"] = build;
  const hash = variables["ARCHIVE_SHA256"];
  if (typeof hash === "string") progress.facts["archive of receive"] = hash;

  const condition = `!event.actor.alternateId.startsWith("${LEFT_OUT}")`;
  const rules = settings.rules.map((rule, index) => {
    if (index > 0) return rule;
    return { ...rule, when: rule.when === undefined ? condition : `(${rule.when}) && ${condition}` };
  });
  await configure(of, pathsOf("signin-groups:rules", rules));
  const { update, replace } = await engine(of, ["up"]);
  const leftOut = await signIn(of, probe, LEFT_OUT);
  const taken = await signIn(of, probe);
  const seconds = await waitForMembership(of, probe, taken, MEMBERSHIP_MS);
  if (seconds === undefined) throw new StepError(notMember(MEMBERSHIP_MS));
  if (settings.rules.length < 2 && (await isMember(probe, leftOut.id))) {
    throw new StepError("Somebody whom the changed rule leaves out became a member.");
  }
  for (const person of [leftOut, taken]) await dismiss(of, probe, person);
  return [
    `${plural(update.length + replace.length, "resource")} changed.`,
    `Somebody whom the rule takes was a member after ${seconds.toFixed(1)} s, and somebody whom it leaves out was not.`,
  ];
}

async function readFunction(probe: RecordingProbe, name: string) {
  const found = functionsIn(probe.stack.resources, COMPONENT).find((one) => one.name === name);
  if (found === undefined) throw new AccessError(`The stack has no function ${name}.`);
  return probe.google(found.kind === "function" ? "cloudfunctions2" : "cloudRunV2", "GET", found.id);
}

async function rotate(of: Work): Promise<readonly string[]> {
  const { settings } = of;
  await configure(of, {
    "signin-groups:hookSecretRotation": String(settings.hookSecretRotation + 1),
    "signin-groups:signingKeyRotation": String(settings.signingKeyRotation + 1),
  });
  const { create, delete: deleted } = await engine(of, ["up"]);
  const seconds = await signInAndWait(of, MEMBERSHIP_MS);
  if (seconds === undefined) throw new StepError(notMember(MEMBERSHIP_MS));
  return [
    `${plural(create.length, "resource")} created, ${deleted.length} deleted.`,
    `A new person was a member after ${seconds.toFixed(1)} s.`,
  ];
}

/** The event hook is deactivated for a while. Whatever happens, it is active again at the end. */
async function lost(of: Work): Promise<readonly string[]> {
  const { progress, outageMs, clock, signal, screen } = of;
  const probe = await stepProbe(of);
  const { okta, google, stack } = probe;
  const hook = stack.resources.find(({ type }) => type === "okta:index/eventHook:EventHook");
  const job = stack.resources.find(
    ({ type, name }) => type === "gcp:cloudscheduler/job:Job" && name.endsWith("-schedule"),
  );
  if (hook === undefined || job === undefined) throw new StepError("The stack has no event hook, or no job.");
  const path = `/api/v1/eventHooks/${hook.id}/lifecycle`;
  let person: Awaited<ReturnType<typeof signIn>>;
  // Otherwise the schedule may find the sign-in before it is seen that the hook did not deliver it.
  await google("cloudScheduler", "POST", `${job.id}:pause`, {});
  try {
    const deactivated = await okta("POST", `${path}/deactivate`);
    if (deactivated.status !== 200) {
      throw new StepError(`Okta does not deactivate the event hook (${wordOf(deactivated)}).`);
    }
    person = await signIn(of, probe);
    screen.progress(`    the event hook is inactive for ${outageMs / 1000} s`);
    await clock.sleep(outageMs, signal);
    signal.throwIfAborted();
    progress.facts["delivery"] = (await isMember(probe, person.id)) ? "one" : "none";
  } finally {
    const activated = await okta("POST", `${path}/activate`);
    const { status, verificationStatus } = objectOf(activated);
    progress.facts["activation"] =
      status === "ACTIVE" ? `200, ${String(verificationStatus)}` : wordOf(activated);
    await google("cloudScheduler", "POST", `${job.id}:resume`, {});
  }
  progress.facts["run of the job"] = wordOf(await google("cloudScheduler", "POST", `${job.id}:run`, {}));
  const seconds = await waitForMembership(of, probe, person, LOST_MS);
  progress.facts["lost sign-in"] = seconds === undefined ? "not found" : "found";
  if (seconds === undefined) throw new StepError(notMember(LOST_MS));
  await dismiss(of, probe, person);
  return [`reconcile found the sign-in ${seconds.toFixed(1)} s after it.`];
}

/** Files of the archives that are checked before anything runs: `node --check` in a build, the start of a revision. */
const BROKEN = ["function/archive/index.cjs", "function/archive/index.js"];

/** What a copy of the program needs. */
const PROGRAM = ["Pulumi.yaml", "package.json", "package-lock.json", "infra", "function"];

async function breakBuild(of: Work): Promise<readonly string[]> {
  const { root, folder, progress } = of;
  const copy = join(folder, "broken-program");
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy, { recursive: true });
  try {
    for (const part of PROGRAM) await cp(join(root, part), join(copy, part), { recursive: true });
    // Names in dist have the hash of what is in it, and a provider may look for them from where the program was before.
    await mkdir(join(root, "dist"), { recursive: true });
    for (const part of ["node_modules", "dist"])
      await symlink(join(root, part), join(copy, part), "junction");
    for (const file of BROKEN) {
      const text = await readFile(join(copy, file), "utf8");
      await writeFile(join(copy, file), `${text}\nthis is a syntax error\n`);
    }
    const { ok, problems } = await attempt(of, ["up"], copy);
    progress.facts["broken build"] = ok ? "deployed" : "failed";
    if (ok) throw new StepError("An update with a syntax error in the functions' archive did not fail.");
    const seconds = await signInAndWait(of, MEMBERSHIP_MS);
    if (seconds === undefined) throw new StepError(notMember(MEMBERSHIP_MS));
    return [
      `The update failed, as it must: ${(problems[0] ?? "").replaceAll(/\s+/g, " ").slice(0, 300)}`,
      `What served before serves on: a new person was a member after ${seconds.toFixed(1)} s.`,
    ];
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Where a resource of a type is read: in Okta, or an API of Google's. */
const places: Readonly<Record<string, (id: string) => readonly [api: ApiName | "okta", path: string]>> = {
  "okta:group/group:Group": (id) => ["okta", `/api/v1/groups/${id}`],
  "okta:app/oAuth:OAuth": (id) => ["okta", `/api/v1/apps/${id}`],
  "okta:index/eventHook:EventHook": (id) => ["okta", `/api/v1/eventHooks/${id}`],
  "okta:index/adminRoleCustom:AdminRoleCustom": (id) => ["okta", `/api/v1/iam/roles/${id}`],
  "okta:index/resourceSet:ResourceSet": (id) => ["okta", `/api/v1/iam/resource-sets/${id}`],
  "gcp:cloudfunctionsv2/function:Function": (id) => ["cloudfunctions2", id],
  "gcp:cloudrunv2/service:Service": (id) => ["cloudRunV2", id],
  "gcp:cloudtasks/queue:Queue": (id) => ["cloudTasks", id],
  "gcp:cloudscheduler/job:Job": (id) => ["cloudScheduler", id],
  "gcp:secretmanager/secret:Secret": (id) => ["secretManager", id],
  "gcp:serviceaccount/account:Account": (id) => ["iamBeta", id],
  "gcp:storage/bucket:Bucket": (id) => ["storage", `b/${id}`],
  "gcp:artifactregistry/repository:Repository": (id) => ["artifactRegistry", id],
};

async function lookForLeftOvers(of: Work): Promise<readonly string[]> {
  const { progress, source, signal } = of;
  const probe = await stepProbe(of);
  const kept = (await readStackState(source.stack, signal)).filter(({ id }) => id !== "");
  const there: string[] = kept.map(({ name }) => `${name}, in the state`);
  const open: string[] = [];
  let gone = 0;
  for (const { name, type, id } of progress.leftOvers) {
    const place = places[type]?.(id);
    if (place === undefined) continue;
    const [api, path] = place;
    const { status } = api === "okta" ? await probe.okta("GET", path) : await probe.google(api, "GET", path);
    if (status === 404) gone += 1;
    else (status === 200 ? there : open).push(name);
  }
  for (const id of [...progress.people]) await dismiss(of, probe, { id });
  if (progress.people.length > 0) there.push(`${progress.people.length} of the test people`);
  if (there.length > 0) throw new StepError(`Still there: ${there.join(", ")}.`);
  return [
    `${plural(gone, "resource")} and the test people are gone.`,
    ...(open.length === 0 ? [] : [`not looked at: ${open.join(", ")}`]),
  ];
}

import type { Clock } from "../../function/shared/clock.ts";
import type { JsonObject } from "../../function/shared/json.ts";
import { type Declared, differing } from "../../infra/google/as-declared.ts";
import { differingSecrets, missingVariables } from "../../infra/google/function.ts";
import type { StateResource } from "../configuration.ts";
import { type Finding, finding } from "../findings.ts";
import { type ApiName, explainRefusal, type GoogleAnswer, type GoogleApi } from "../google-api.ts";
import type { LookUps } from "../look-ups.ts";
import { plural } from "../screen.ts";
import {
  containerOf,
  type DeclaredFunction,
  functionsIn,
  listIn,
  objectIn,
  secretOf,
  splitVariables,
} from "./deployed.ts";

/** What is looked at, and by what. */
export interface GoogleSmoke {
  /** Name of the component. */
  readonly component: string;
  readonly project: string;
  readonly resources: readonly StateResource[];
  readonly stateBucket: string;
  readonly api: GoogleApi;
  readonly lookUps: LookUps;
  readonly clock: Clock;
}

/** What runs in Google Cloud, compared with what was declared. */
export async function lookAtGoogle(smoke: GoogleSmoke): Promise<readonly Finding[]> {
  const { resources, component } = smoke;
  const found = await Promise.all([
    ...functionsIn(resources, component).map((one) => lookAtFunction(one, smoke)),
    ...resources
      .filter(({ type }) => type === "gcp:cloudtasks/queue:Queue")
      .map((one) => lookAtQueue(one, smoke)),
    lookAtCursor(smoke),
    lookAtBindings(smoke),
  ]);
  return found.flat();
}

const REPAIR = { command: "pulumi up --refresh" };

async function lookAtFunction(declared: DeclaredFunction, smoke: GoogleSmoke): Promise<Finding> {
  const { project, api, lookUps } = smoke;
  const { name, kind, id } = declared;
  const { ok, failure, unknown } = finding(`function-${name}`);
  const of = kind === "function" ? ("cloudfunctions2" as const) : ("cloudRunV2" as const);
  const answer = await lookUps.run(`the function ${name}`, (signal) => api.call(of, id, { signal }));
  if (answer.kind !== "found") {
    if (isGone(answer)) return failure(`The function ${name} is gone.`, REPAIR);
    const needed =
      kind === "function"
        ? { service: "cloudfunctions.googleapis.com", permission: "cloudfunctions.functions.get" }
        : { service: "run.googleapis.com", permission: "run.services.get" };
    return unknown(
      `What the function ${name} runs: ${explainRefusal(answer, { project, ...needed }).reason}.`,
    );
  }
  const { state, paths } =
    kind === "function" ? compareFunction(declared, answer.body) : compareService(declared, answer.body);
  if (state !== undefined) {
    return failure(`The function ${name} does not serve: ${state}.`, {
      fix: "Read its build log and its log in the Google Cloud console.",
      ...REPAIR,
    });
  }
  if (paths.length === 0) {
    return ok(`The function ${name} runs what was declared: its archive, its environment and its secrets.`);
  }
  return failure(`The function ${name} is not as declared: ${paths.join(", ")}.`, REPAIR);
}

function isGone(answer: GoogleAnswer): boolean {
  return answer.kind === "refused" && answer.status === 404;
}

/** How what runs differs from what was declared. */
interface Comparison {
  /** Why it does not serve at all. */
  readonly state?: string;
  /** The paths at which it differs. */
  readonly paths: readonly string[];
}

function compareFunction({ inputs, environment, secrets }: DeclaredFunction, answer: JsonObject): Comparison {
  if (answer["state"] !== "ACTIVE") return { state: `it is ${String(answer["state"])}`, paths: [] };
  const { buildConfig, serviceConfig } = inputs;
  const { runtime, entryPoint, environmentVariables } = objectIn({ buildConfig }, "buildConfig");
  const { secretEnvironmentVariables, ...config } = objectIn({ serviceConfig }, "serviceConfig");
  const held = objectIn(answer, "serviceConfig");
  const path = "serviceConfig.environmentVariables";
  return {
    paths: [
      ...differing(
        // From the state: texts, numbers and what consists of them.
        { buildConfig: { runtime, entryPoint, environmentVariables }, serviceConfig: config } as Declared,
        answer,
      ),
      ...missingVariables(path, environment, objectIn(held, "environmentVariables")),
      ...differingSecrets(
        "serviceConfig.secretEnvironmentVariables",
        secrets,
        listIn(held, "secretEnvironmentVariables").map(secretOf),
      ),
    ],
  };
}

function compareService({ inputs, environment, secrets }: DeclaredFunction, answer: JsonObject): Comparison {
  const condition = objectIn(answer, "terminalCondition");
  if (condition["state"] !== "CONDITION_SUCCEEDED") {
    return { state: `its state is ${String(condition["state"])}`, paths: [] };
  }
  if (answer["latestReadyRevision"] !== answer["latestCreatedRevision"]) {
    return { state: "its last revision does not serve", paths: [] };
  }
  const { sourceCode, args, commands, baseImageUri } = containerOf(inputs);
  const { invokerIamDisabled, ingress } = inputs;
  const container = containerOf(answer);
  const held = splitVariables(listIn(container, "env"));
  const path = "template.containers.0.env";
  return {
    paths: [
      // From the state: texts and what consists of them.
      ...differing({ invokerIamDisabled, ingress } as Declared, answer),
      ...differing(
        { sourceCode, args, command: commands, baseImageUri } as Declared,
        container,
        "template.containers.0",
      ),
      ...differing(environment, held.environment, path),
      ...missingVariables(path, environment, held.environment),
      ...differingSecrets(path, secrets, held.secrets),
    ],
  };
}

/** A task that has waited so long is old, in milliseconds: the queue has retried it several times. */
const OLD = 10 * 60_000;

async function lookAtQueue({ name, id }: StateResource, smoke: GoogleSmoke): Promise<Finding> {
  const { project, component, api, lookUps, clock } = smoke;
  const queue = name.slice(component.length + 1);
  const { ok, warning, failure, unknown } = finding(`queue-${queue}`);
  const [found, tasks] = await Promise.all([
    lookUps.run(`the queue ${queue}`, (signal) => api.call("cloudTasks", id, { signal })),
    lookUps.run(`the tasks of ${queue}`, (signal) =>
      api.call("cloudTasks", `${id}/tasks?pageSize=100`, { signal }),
    ),
  ]);
  const explain = (answer: Exclude<GoogleAnswer, { kind: "found" }>, permission: string) =>
    explainRefusal(answer, { project, service: "cloudtasks.googleapis.com", permission }).reason;
  if (found.kind !== "found") {
    if (isGone(found)) return failure(`The queue ${queue} is gone.`, REPAIR);
    return unknown(`The queue ${queue}: ${explain(found, "cloudtasks.queues.get")}.`);
  }
  const { state } = found.body;
  if (state !== "RUNNING") {
    return failure(`The queue ${queue} is ${String(state)}: its tasks wait.`, {
      command: `gcloud tasks queues resume ${id}`,
    });
  }
  if (tasks.kind !== "found") {
    return unknown(`Which tasks wait in ${queue}: ${explain(tasks, "cloudtasks.tasks.list")}.`);
  }
  const waiting = listIn(tasks.body, "tasks");
  const old = waiting.filter((task) => clock.now() - Date.parse(String(task["createTime"])) > OLD);
  if (old.length === 0) return ok(`The queue ${queue} runs, and no task in it is old.`);
  const oldest = old.map((task) => String(task["createTime"])).sort()[0];
  return warning(
    `${plural(old.length, "task")} of the queue ${queue} waits for more than 10 minutes, the oldest since ${oldest}.`,
    {
      fix: "The log of the function that it calls says why: pulumi stack output links has its page.",
    },
  );
}

const JOB = "gcp:cloudscheduler/job:Job";

/** How far behind the schedule the cursor may be, in milliseconds: two runs, and the longest one. */
const LATE = 20 * 60_000;

/** Whether the schedules run, and `reconcile` moves its cursor through Okta's System Log. */
async function lookAtCursor(smoke: GoogleSmoke): Promise<readonly Finding[]> {
  const { project, resources, stateBucket, api, lookUps, clock } = smoke;
  const { ok, warning, failure, unknown } = finding("cursor");
  const jobs = resources.filter(({ type }) => type === JOB);
  const polls = jobs.find(({ name }) => name.endsWith("-schedule"));
  const checks = jobs.find(({ name }) => name.endsWith("-check"));
  const [{ found: run, period }, check, cursor] = await Promise.all([
    polls === undefined
      ? { found: finding("schedule").failure("The stack's state has no schedule.", REPAIR), period: 0 }
      : lookAtJob(polls, "The schedule", smoke),
    checks === undefined ? undefined : lookAtJob(checks, "The schedule of checks", smoke),
    lookUps.run("the cursor", (signal) =>
      api.call("storage", `b/${stateBucket}/o/cursor.json?alt=media`, { signal }),
    ),
  ]);
  const findings: Finding[] = [run, ...(check === undefined ? [] : [check.found])];
  if (cursor.kind === "found") {
    const reached = Date.parse(String(cursor.body["reached"]));
    const behind = clock.now() - reached;
    const minutes = Math.round(behind / 60_000);
    findings.push(
      behind <= LATE + 2 * period
        ? ok(`reconcile has read Okta's System Log up to ${new Date(reached).toISOString()}.`)
        : failure(
            `reconcile has read Okta's System Log only up to ${minutes} minutes ago: what Okta did not deliver since is not found.`,
            {
              fix: "The log of reconcile says why: pulumi stack output links has its page.",
            },
          ),
    );
  } else if (isGone(cursor)) {
    const fix = "Wait until it has run, by default 5 minutes, then look again.";
    findings.push(warning("reconcile has not read Okta's System Log yet.", { fix }));
  } else {
    const needed = { project, service: "storage.googleapis.com", permission: "storage.objects.get" };
    findings.push(unknown(`How far reconcile has read: ${explainRefusal(cursor, needed).reason}.`));
  }
  return findings;
}

/** @returns what is found, and how long the job pauses between two runs, in milliseconds */
async function lookAtJob(
  { id }: StateResource,
  what: string,
  { project, api, lookUps }: GoogleSmoke,
): Promise<{ readonly found: Finding; readonly period: number }> {
  const { ok, failure, unknown } = finding("schedule");
  const run = await lookUps.run("the schedule", (signal) => api.call("cloudScheduler", id, { signal }));
  if (isGone(run)) return { found: failure(`${what} is gone.`, REPAIR), period: 0 };
  if (run.kind !== "found") {
    const needed = {
      project,
      service: "cloudscheduler.googleapis.com",
      permission: "cloudscheduler.jobs.get",
    };
    return { found: unknown(`${what}: ${explainRefusal(run, needed).reason}.`), period: 0 };
  }
  const { state, lastAttemptTime, scheduleTime } = run.body;
  const { code } = objectIn(run.body, "status");
  const period = Math.max(Date.parse(String(scheduleTime)) - Date.parse(String(lastAttemptTime)) || 0, 0);
  if (state !== "ENABLED") {
    const command = `gcloud scheduler jobs resume ${id}`;
    return { found: failure(`${what} is ${String(state)}.`, { command }), period };
  }
  if (typeof code === "number" && code !== 0) {
    const fix = "The log of reconcile says why: pulumi stack output links has its page.";
    return { found: failure(`${what}: the last run of reconcile failed (code ${code}).`, { fix }), period };
  }
  return { found: ok(`${what} calls reconcile.`), period };
}

/** How to read the policy in which a binding stands. */
interface PolicyPlace {
  readonly api: ApiName;
  readonly path: string;
  /** Cloud Tasks and Resource Manager read it by POST. */
  readonly byPost?: true;
}

const last = (name: unknown) => String(name).split("/").at(-1) ?? "";

/** The policy of each kind of binding that the program declares, by its outputs. */
const policies: Readonly<Record<string, (outputs: JsonObject) => PolicyPlace>> = {
  "gcp:projects/iAMMember:IAMMember": ({ project }) => ({
    api: "resourceManager",
    path: `projects/${last(project)}:getIamPolicy`,
    byPost: true,
  }),
  "gcp:storage/bucketIAMMember:BucketIAMMember": ({ bucket }) => ({
    api: "storage",
    path: `${String(bucket).replace(/^(b\/)?/, "b/")}/iam?optionsRequestedPolicyVersion=3`,
  }),
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": ({ project, location, repository }) => ({
    api: "artifactRegistry",
    path: `projects/${project}/locations/${location}/repositories/${last(repository)}:getIamPolicy`,
  }),
  "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": ({ cryptoKeyId }) => ({
    api: "kms",
    path: `${String(cryptoKeyId)}:getIamPolicy?options.requestedPolicyVersion=3`,
  }),
  "gcp:secretmanager/secretIamMember:SecretIamMember": ({ project, secretId }) => ({
    api: "secretManager",
    path: `projects/${project}/secrets/${last(secretId)}:getIamPolicy?options.requestedPolicyVersion=3`,
  }),
  "gcp:cloudtasks/queueIamMember:QueueIamMember": ({ project, location, name }) => ({
    api: "cloudTasks",
    path: `projects/${project}/locations/${location}/queues/${last(name)}:getIamPolicy`,
    byPost: true,
  }),
  "gcp:pubsub/topicIAMMember:TopicIAMMember": ({ project, topic }) => ({
    api: "pubsub",
    path: `projects/${project}/topics/${last(topic)}:getIamPolicy?options.requestedPolicyVersion=3`,
  }),
  "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": ({ project, location, name }) => ({
    api: "cloudRunV2",
    path: `projects/${project}/locations/${location}/services/${last(name)}:getIamPolicy`,
  }),
};

/** Whether every right that the program gives is still given. */
async function lookAtBindings({
  resources,
  component,
  project,
  api,
  lookUps,
}: GoogleSmoke): Promise<readonly Finding[]> {
  const { ok, failure, unknown } = finding("bindings");
  const bindings = resources.filter(({ type }) => /I[aA][mM]Member$/i.test(type));
  const looked = await Promise.all(
    bindings.map(async ({ type, name, outputs }) => {
      const called = name.slice(component.length + 1);
      const place = policies[type]?.(outputs);
      if (place === undefined)
        return { called, state: "unknown" as const, reason: `nobody has said how to look at a ${type}` };
      const answer = await lookUps.run(`the binding ${called}`, (signal) =>
        api.call(place.api, place.path, {
          signal,
          ...(place.byPost ? { body: { options: { requestedPolicyVersion: 3 } } } : {}),
        }),
      );
      if (answer.kind !== "found") {
        if (isGone(answer)) return { called, state: "gone" as const, reason: "" };
        const permission = "the permission to read its policy (getIamPolicy)";
        return {
          called,
          state: "unknown" as const,
          reason: explainRefusal(answer, { project, service: `of ${called}`, permission }).reason,
        };
      }
      const { role, member } = outputs;
      const isThere = listIn(answer.body, "bindings").some((binding) => {
        const { members } = binding;
        if (binding["role"] !== role || !Array.isArray(members) || !members.includes(member)) return false;
        // Another stack's binding may differ in its condition only.
        return objectIn(binding, "condition")["expression"] === objectIn(outputs, "condition")["expression"];
      });
      return { called, state: isThere ? ("there" as const) : ("gone" as const), reason: "" };
    }),
  );
  const gone = looked.filter(({ state }) => state === "gone").map(({ called }) => called);
  const open = looked.filter(({ state }) => state === "unknown");
  return [
    ...(gone.length > 0
      ? [failure(`${plural(gone.length, "binding")} of accounts are gone: ${gone.join(", ")}.`, REPAIR)]
      : []),
    ...(open.length > 0
      ? [unknown(`${open.map(({ called }) => called).join(", ")}: ${open[0]?.reason}.`)]
      : []),
    ...(gone.length + open.length === 0
      ? [ok(`Each of the ${bindings.length} bindings of accounts is there.`)]
      : []),
  ];
}

import { wireGrant } from "../../function/grant/grant.ts";
import { wireReceive } from "../../function/receive/receive.ts";
import { wireReconcile } from "../../function/reconcile/reconcile.ts";
import type {
  CheckTask,
  FunctionName,
  GrantEnvironment,
  PollTask,
  ReceiveEnvironment,
  ReceiveSecrets,
  ReconcileEnvironment,
  Rule,
} from "../../function/shared/contract.ts";
import type { Handler } from "../../function/shared/http.ts";
import { parseJson } from "../../function/shared/json.ts";
import type { OktaRuntime } from "../../function/shared/runtime.ts";
import type { Send } from "../google/tasks/send.ts";
import type { QueueSettings } from "../google/tasks/settings.ts";
import { createInMemoryOkta, type InMemoryOkta } from "../okta/in-memory.ts";
import type { LimitsGiven } from "../okta/model/limits.ts";
import type { OktaNotice } from "../okta/model/notices.ts";
import { createRandom, type SimulatedClock } from "./clock.ts";
import { createSimulatedGoogle, GOOGLE, type SimulatedGoogle } from "./google.ts";
import { prepareOrg } from "./org.ts";
import { createService, type Service, type Wire } from "./service.ts";

/** A rule, with the name of its group. */
export type NamedRule = Omit<Rule, "groupId"> & { readonly group: string };

/** How a company is to be. */
export interface CompanyOptions {
  readonly clock: SimulatedClock;
  /** Decides every latency. */
  readonly seed: number;
  readonly rules: readonly NamedRule[];
  readonly queue: QueueSettings;
  readonly settings: {
    readonly taskSeconds: number;
    readonly memberSnapshotSeconds: number;
    readonly rateLimitReservePercent: number;
    readonly runSeconds: number;
  };
  /** Between two polls of the System Log, in milliseconds. */
  readonly pollInterval: number;
  /** Between two checks of the memberships, in milliseconds; none unless given. */
  readonly checkInterval?: number;
  readonly limits?: LimitsGiven;
  /** How long a call takes there and back, in milliseconds: from the first up to the second. */
  readonly latency: readonly [number, number];
  /** How much of an answer of Okta a function reads, in characters; as much as it asks for, unless given. */
  readonly maximumAnswerBytes?: number;
  /** How far the functions' clocks are ahead, in milliseconds. */
  readonly skew?: number;
  readonly observe?: (notice: OktaNotice) => void;
  /** What answers Okta in place of `receive`, to be compared with it. */
  readonly receiver?: Wire;
  /** What stands around `receive`, such as a fault of its instance. */
  readonly aroundReceive?: (handler: Handler) => Handler;
  /** Takes the body of each task that is put into the queue to `grant`. */
  readonly observeTasks?: (body: string) => void;
  /** Takes each entry of the log, with the function that wrote it. */
  readonly onEntry?: (name: FunctionName, entry: Readonly<Record<string, unknown>>) => void;
  /** Takes each answer of `receive`, with the time from the request to it. */
  readonly onAnswer?: (
    name: FunctionName,
    answer: { readonly status: number; readonly milliseconds: number },
  ) => void;
}

/** An org, a Google Cloud and the real functions between them, in memory and in simulated time. */
export interface Company {
  readonly okta: InMemoryOkta;
  readonly google: SimulatedGoogle;
  readonly functions: { readonly receive: Service; readonly grant: Service; readonly reconcile: Service };
  /** Ids of the rules' groups by name. */
  readonly groupIds: ReadonlyMap<string, string>;
  /** Everything that the functions logged. */
  readonly entries: readonly Readonly<Record<string, unknown>>[];
  /** From now on nobody asks `reconcile` any more. */
  stopPolls(): void;
  close(): Promise<void>;
}

const ORG = "https://acme.okta.simulated";
const RECEIVE = "https://receive.simulated/";
/** What Okta sends to the hook. */
export const HOOK_SECRET = "simulated-secret";

/** Makes a company, hook verified and polls begun. */
export async function createCompany(options: CompanyOptions): Promise<Company> {
  const { clock, rules, queue, settings, pollInterval, latency } = options;
  const random = createRandom(options.seed);
  const entries: Readonly<Record<string, unknown>>[] = [];
  const pause = () => clock.sleep(Math.round((latency[0] + random() * (latency[1] - latency[0])) / 2));
  /** There and back. */
  const travel = async <T>(work: () => Promise<T>): Promise<T> => {
    await pause();
    try {
      return await work();
    } finally {
      await pause();
    }
  };

  const post = async (service: Service, body: string) => {
    const { status, headers } = await travel(() =>
      service.request({ method: "POST", headers: { "content-type": "application/json" }, body }),
    );
    return { status, retryAfter: headers["retry-after"] };
  };
  const sendTo =
    (service: () => Service): Send =>
    ({ body }, signal) =>
      Promise.race([post(service(), body.toString()).catch(() => undefined), aborted(signal)]);

  const google = createSimulatedGoogle(clock, options.observeTasks, {
    grant: { settings: queue, send: sendTo(() => functions.grant) },
    reconcile: { settings: queue, send: sendTo(() => functions.reconcile) },
  });
  const okta = createInMemoryOkta({
    url: ORG,
    now: clock.now,
    sleep: clock.sleep,
    ...(options.observe === undefined ? {} : { observe: options.observe }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    sendToHook: ({ method, headers, body }) => {
      const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
      const request = { method, headers: Object.fromEntries(lower), ...(body === undefined ? {} : { body }) };
      return travel(async () => {
        const began = clock.now();
        const answer = await functions.receive.request(request);
        options.onAnswer?.("receive", { status: answer.status, milliseconds: clock.now() - began });
        return answer;
      });
    },
  });

  const runtime: OktaRuntime = {
    clock,
    random,
    newId: () => crypto.randomUUID(),
    send: (url, init) => travel(() => google.send(url, init)),
    connectToOkta:
      (_orgUrl, { maximumAnswerBytes }) =>
      async ({ method, path, headers, body, deadline }) => {
        const request = new Request(`${ORG}${path}`, {
          method,
          headers: { ...headers },
          body: body ?? null,
          signal: deadline.signal,
        });
        const response = await travel(() => okta.fetch(request));
        deadline.signal.throwIfAborted();
        const { status } = response;
        const answered = Object.fromEntries(response.headers);
        const text = await response.text();
        return text.length > (options.maximumAnswerBytes ?? maximumAnswerBytes)
          ? { status, headers: answered, body: undefined, isTooLarge: true }
          : { status, headers: answered, body: parseJson(text) };
      },
  };

  const base = {
    QUEUE: google.queues.grant.name,
    GRANT_URL: "https://grant.simulated/",
    PROJECT: "simulated",
    CLOUD_TASKS_ENDPOINT: GOOGLE,
    CLOUD_KMS_ENDPOINT: GOOGLE,
    CLOUD_STORAGE_ENDPOINT: GOOGLE,
  };
  const receiving: ReceiveEnvironment & ReceiveSecrets = { ...base, RULES: "[]", HOOK_SECRET };
  // The hook is verified before there are groups to name.
  let environments: Record<FunctionName, Readonly<Record<string, string>>> = {
    receive: receiving,
    grant: {},
    reconcile: {},
  };
  const service = (name: FunctionName, wire: Wire) =>
    createService({
      wire,
      clock,
      runtime,
      skew: () => options.skew ?? 0,
      onEntry(entry) {
        entries.push(entry);
        options.onEntry?.(name, entry);
      },
    });
  const receive: Wire = async (log, world) => {
    const handler = await wireReceive(log, environments.receive, world);
    return options.aroundReceive?.(handler) ?? handler;
  };
  const functions = {
    receive: service("receive", options.receiver ?? receive),
    grant: service("grant", (log, world) => wireGrant(log, environments.grant, world)),
    reconcile: service("reconcile", (log, world) => wireReconcile(log, environments.reconcile, world)),
  };

  const names = [...new Set(rules.map(({ group }) => group))];
  const began = new Date(clock.now()).toISOString();
  const events = [...new Set(rules.flatMap((rule) => rule.on))];
  const { publicKey } = google;
  const prepared = await clock.until(
    prepareOrg(okta, { groups: names, publicKey, hook: { uri: RECEIVE, secret: HOOK_SECRET, events } }),
  );
  const groupIds = new Map(names.map((name, index) => [name, prepared.groupIds[index] ?? ""]));
  const RULES = JSON.stringify(
    rules.map(({ group, ...rule }) => ({ ...rule, groupId: groupIds.get(group) ?? "" })),
  );
  const access = {
    OKTA_ORG_URL: ORG,
    OKTA_KEY_ID: publicKey.kid,
    SIGNING_KEY_VERSION: "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
    RATE_LIMIT_RESERVE_PERCENT: String(settings.rateLimitReservePercent),
  };
  const granting: GrantEnvironment = {
    ...base,
    ...access,
    OKTA_CLIENT_ID: prepared.clients.grant,
    GROUP_IDS: prepared.groupIds.join(","),
    TASK_SECONDS: String(settings.taskSeconds),
    MEMBER_SNAPSHOT_SECONDS: String(settings.memberSnapshotSeconds),
    QUEUE_RETRY_SECONDS: String(Math.floor(queue.retryConfig.maxRetryMilliseconds / 1000)),
  };
  const reconciling: ReconcileEnvironment = {
    ...base,
    ...access,
    RULES,
    OKTA_CLIENT_ID: prepared.clients.reconcile,
    GRANT_CLIENT_IDS: prepared.clients.grant,
    STATE_BUCKET: "state",
    STACK_SINCE: began,
    STACK: "simulated",
    BACKFILL_DAYS: "0",
    RUN_SECONDS: String(settings.runSeconds),
  };
  environments = { receive: { ...receiving, RULES }, grant: granting, reconcile: reconciling };
  functions.receive.deploy();

  /** @returns ends it */
  const schedule = (kind: PollTask["kind"] | CheckTask["kind"], interval: number): (() => void) => {
    const body = JSON.stringify({ kind, continuationQueue: google.queues.reconcile.name });
    let cancel = () => {};
    const next = () => {
      cancel = clock.setTimer(() => {
        next();
        post(functions.reconcile, body).catch(() => undefined);
      }, interval);
    };
    next();
    return () => cancel();
  };
  const schedules = [
    schedule("poll", pollInterval),
    ...(options.checkInterval === undefined ? [] : [schedule("check", options.checkInterval)]),
  ];
  const cancel = () => {
    for (const end of schedules) end();
  };

  return {
    okta,
    google,
    functions,
    groupIds,
    entries,
    stopPolls: cancel,
    async close() {
      cancel();
      google.close();
      await okta.close();
    },
  };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

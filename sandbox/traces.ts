import { isObject, parseJson } from "../function/shared/json.ts";
import type { Exchange } from "./exchange.ts";
import type { GoogleNotice, TaskNotice } from "./google/notices.ts";
import type { DeliveryNotice, OktaNotice } from "./okta/model/notices.ts";

/** Steps have these in common. Times are milliseconds, `began` since the epoch. */
interface Timed {
  readonly began: number;
  /** Absent while the step is under way. */
  milliseconds?: number;
  /** The answer's status; absent when there was none, or not yet. */
  status?: number;
  /** The request and its answer, while they are kept. */
  exchange?: Exchange | undefined;
}

/** An attempt of Okta to deliver the event. */
export interface DeliveryStep extends Timed {
  readonly kind: "delivery";
  readonly attempt: number;
  readonly ok: boolean;
  readonly reason?: string;
}

/** A task was put into the queue. */
export interface TaskStep extends Timed {
  readonly kind: "task";
  readonly task: string;
  readonly groupId: string;
  readonly userId: string;
  /** `hook`, `reconcile` or `replay`. */
  readonly source: string;
  /** The position of the rule that decided, from 0. */
  readonly rule: number | undefined;
}

/** The queue has sent a task to `grant`. */
export interface AttemptStep extends Timed {
  readonly kind: "attempt";
  readonly task: string;
  readonly attempt: number;
}

/** What was called for a task: Cloud KMS for a signature, Okta for an access token, for the list of members, for the membership. */
export interface CallStep extends Timed {
  readonly kind: "signature" | "token" | "members" | "membership";
}

/** The queue has given up a task. */
export interface GivenUpStep extends Timed {
  readonly kind: "given-up";
  readonly task: string;
}

export type Step = DeliveryStep | TaskStep | AttemptStep | CallStep | GivenUpStep;

/** A line that a function wrote about the event. */
export interface TraceLine {
  readonly at: number;
  readonly function: string;
  readonly line: Readonly<Record<string, unknown>>;
}

/** The way of one event. */
export interface Trace {
  readonly uuid: string;
  readonly eventType: string;
  readonly result: string;
  readonly actorId: string;
  /** When Okta recorded the event. */
  readonly began: number;
  /** In the order in which they are known. */
  readonly steps: Step[];
  readonly lines: TraceLine[];
  /** From the event to the last step so far, in milliseconds. */
  milliseconds: number;
  /** Whether exchanges and lines were dropped, because too many events came after it. */
  isShortened: boolean;
}

/** Puts together what the two clouds report. */
export interface Traces {
  readonly onOkta: (notice: OktaNotice) => void;
  readonly onGoogle: (notice: GoogleNotice) => void;
  readonly onExchange: (exchange: Exchange) => void;
  /** The way of the event with this uuid. */
  of(uuid: string): Trace | undefined;
}

/** How much is kept. */
export interface TracesOptions {
  /** Events; the oldest are forgotten. */
  readonly keep?: number;
  /** Events with their exchanges and lines. */
  readonly keepExchanges?: number;
  /** Hears of each trace that is new or has changed. */
  readonly onChange?: (trace: Trace) => void;
  /** Hears of each trace that is forgotten. */
  readonly onForgotten?: (uuid: string) => void;
}

const MEMBERSHIP = /^\/api\/v1\/groups\/([^/]+)\/users(?:\/([^/]+))?$/;
const KEPT_LINES = 50;

/** @param now the clock, in milliseconds */
export function followTraces(
  now: () => number,
  {
    keep = 100_000,
    keepExchanges = 2000,
    onChange = () => undefined,
    onForgotten = () => undefined,
  }: TracesOptions = {},
): Traces {
  const traces = new Map<string, Trace>();
  /** The traces with exchanges, the oldest first. */
  const whole = new Set<Trace>();
  const byTask = new Map<string, Trace>();
  /** Tasks that are being sent, each with the membership that it is about. */
  const underWay = new Map<string, { readonly trace: Trace; readonly membership: string }>();
  /** What was recorded before its notice came, by the delivery or the task. */
  const early = new Map<string, Exchange>();

  const change = (trace: Trace, at = now()) => {
    trace.milliseconds = Math.max(trace.milliseconds, at - trace.began);
    onChange(trace);
  };
  const add = (trace: Trace, step: Step) => {
    if (trace.isShortened) step.exchange = undefined;
    trace.steps.push(step);
    change(trace);
  };
  const takeEarly = (key: string): { exchange?: Exchange } => {
    const exchange = early.get(key);
    early.delete(key);
    return exchange === undefined ? {} : { exchange };
  };

  function begin({ uuid, eventType, result, actorId }: OktaNotice & { kind: "event" }): void {
    const steps = { steps: [], lines: [], milliseconds: 0, isShortened: false };
    const trace: Trace = { uuid, eventType, result, actorId, began: now(), ...steps };
    traces.set(uuid, trace);
    whole.add(trace);
    for (const old of whole) {
      if (whole.size <= keepExchanges) break;
      shorten(old);
    }
    for (const [forgotten, { steps: past }] of traces) {
      if (traces.size <= keep) break;
      traces.delete(forgotten);
      for (const step of past) if (step.kind === "task") byTask.delete(step.task);
      onForgotten(forgotten);
    }
    onChange(trace);
  }

  function shorten(trace: Trace): void {
    whole.delete(trace);
    trace.isShortened = true;
    trace.lines.length = 0;
    for (const step of trace.steps) step.exchange = undefined;
  }

  function deliver({ eventId, eventUuids, attempt, ok, status, milliseconds, reason }: DeliveryNotice): void {
    const began = now() - milliseconds;
    const exchange = takeEarly(eventId);
    const facts = {
      ...(status === undefined ? {} : { status }),
      ...(reason === undefined ? {} : { reason }),
    };
    for (const uuid of eventUuids) {
      const trace = traces.get(uuid);
      const step = { kind: "delivery", began, milliseconds, attempt, ok, ...facts, ...exchange } as const;
      if (trace !== undefined) add(trace, step);
    }
  }

  function onTask({ event, task, attempt = 1, status, body }: TaskNotice): void {
    const { eventUuid, groupId, userId, source, rule } = taskBody(body);
    if (event === "created") {
      const trace = traces.get(eventUuid);
      if (trace === undefined) return;
      byTask.set(task, trace);
      add(trace, { kind: "task", began: now(), milliseconds: 0, task, groupId, userId, source, rule });
      return;
    }
    const trace = byTask.get(task);
    if (trace === undefined) return;
    if (event === "dispatched") {
      const step: AttemptStep = { kind: "attempt", began: now(), task, attempt };
      underWay.set(task, { trace, membership: `${groupId}/${userId}` });
      add(trace, step);
    } else if (event === "finished") {
      underWay.delete(task);
      const step = trace.steps.findLast((one) => one.kind === "attempt" && one.task === task);
      const { exchange } = takeEarly(task);
      if (step === undefined) return;
      step.milliseconds = now() - step.began;
      if (status !== undefined) step.status = status;
      if (!trace.isShortened) step.exchange = exchange;
      change(trace);
    } else if (event === "dropped") {
      add(trace, { kind: "given-up", began: now(), milliseconds: 0, task });
    }
  }

  const sent = (membership: string | undefined) =>
    underWay.values().find((one) => membership === undefined || one.membership === membership);

  /** A call of `grant` for the task that is being sent: the one about this membership, or the first. */
  function addCall(kind: CallStep["kind"], call: Omit<CallStep, "kind">, membership?: string): void {
    const found = sent(membership);
    if (found !== undefined) add(found.trace, { kind, ...call });
  }

  /** Gives a step that is there already what was recorded of it afterwards. */
  function complete(trace: Trace, step: Step | undefined, exchange: Exchange): void {
    if (step === undefined) return;
    Object.assign(step, { began: exchange.began, milliseconds: exchange.milliseconds });
    if (!trace.isShortened) step.exchange = exchange;
    change(trace);
  }

  const onExchange = (exchange: Exchange) => {
    const { channel, method, requestBody, requestHeaders, status, began, milliseconds } = exchange;
    const { pathname } = new URL(exchange.url);
    const call = { began, milliseconds, ...(status === undefined ? {} : { status }), exchange };
    if (channel === "hook" && method === "POST") {
      early.set(textOf(parseJson(requestBody), "eventId"), exchange);
    } else if (channel === "dispatch") {
      const task = requestHeaders["x-cloudtasks-taskname"];
      if (task !== undefined && byTask.has(task)) early.set(task, exchange);
    } else if (channel === "okta" && pathname === "/oauth2/v1/token") {
      if (requestBody.includes("okta.groups.manage")) addCall("token", call);
    } else if (channel === "okta") {
      const [, groupId, userId] = MEMBERSHIP.exec(pathname) ?? [];
      if (groupId === undefined) return;
      if (userId === undefined) return addCall("members", call);
      const found = sent(`${groupId}/${userId}`);
      const isLast = (step: Step) => step.kind === "membership" && step.exchange === undefined;
      // A connection that was reset has no notice.
      if (found?.trace.steps.some(isLast) !== true)
        return addCall("membership", call, `${groupId}/${userId}`);
      complete(found.trace, found.trace.steps.findLast(isLast), exchange);
    } else if (pathname.endsWith(":asymmetricSign")) {
      if (!pathname.includes("reconcile")) addCall("signature", call);
    } else if (method === "POST" && pathname.endsWith("/tasks")) {
      const name = textOf(parseJson(exchange.responseBody), "name");
      const task = name.slice(name.lastIndexOf("/") + 1);
      const trace = byTask.get(task);
      const step = trace?.steps.find((one) => one.kind === "task" && one.task === task);
      if (trace !== undefined) complete(trace, step, exchange);
    }
  };

  return {
    onExchange,
    onOkta(notice) {
      if (notice.kind === "event") begin(notice);
      else if (notice.kind === "delivery") deliver(notice);
      else if (notice.kind === "request" && notice.method === "PUT") {
        const [, groupId, userId] = MEMBERSHIP.exec(notice.path) ?? [];
        if (userId === undefined) return;
        const step = { began: now(), milliseconds: 0, status: notice.status };
        addCall("membership", step, `${groupId}/${userId}`);
      }
    },
    onGoogle(notice) {
      if (notice.kind === "task") onTask(notice);
      if (notice.kind !== "function-log") return;
      const { line } = notice;
      const trace = traces.get(textOf(line, "eventUuid"));
      if (trace === undefined || trace.isShortened || trace.lines.length >= KEPT_LINES) return;
      trace.lines.push({ at: now(), function: notice.function, line });
      onChange(trace);
    },
    of: (uuid) => traces.get(uuid),
  };
}

function taskBody(text: string | undefined) {
  const body = parseJson(text ?? "{}");
  const rule = isObject(body) ? body["rule"] : undefined;
  return {
    eventUuid: textOf(body, "eventUuid"),
    groupId: textOf(body, "groupId"),
    userId: textOf(body, "userId"),
    source: textOf(body, "source"),
    rule: typeof rule === "number" ? rule : undefined,
  };
}

function textOf(
  value: unknown,
  name: "eventId" | "eventUuid" | "groupId" | "userId" | "source" | "name",
): string {
  const field = isObject(value) ? value[name] : undefined;
  return typeof field === "string" ? field : "";
}

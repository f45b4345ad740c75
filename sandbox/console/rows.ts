import type { LogEvent } from "../okta/model/log-event.ts";
import type { Step, Trace } from "../traces.ts";

/** What became of an event so far. */
export type Outcome =
  /** Okta has recorded it, and nothing came of it yet. */
  | "recorded"
  /** No rule names its type, so the hook does not subscribe to it. */
  | "not-subscribed"
  /** Okta has tried to deliver it, and nobody took it. */
  | "undelivered"
  /** It was taken, and leads to no group. */
  | "no-group"
  /** A task waits in the queue, or is being sent for the first time. */
  | "queued"
  /** A task was sent, failed, and waits for its next attempt. */
  | "retrying"
  | "member"
  /** All tasks have ended, and the person is not in the group. */
  | "refused"
  | "given-up";

/** The kinds of steps, in the order of their numbers in a row. */
export const stepKinds = [
  "delivery",
  "task",
  "attempt",
  "signature",
  "token",
  "members",
  "membership",
  "given-up",
] as const satisfies readonly Step["kind"][];

/** An event in the list, as short as it can be: the page holds a hundred thousand of them. */
export interface Row {
  readonly uuid: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly type: string;
  readonly result: string;
  readonly actorId: string;
  /** What the person is called, and what was typed to sign in. */
  readonly name: string;
  readonly login: string;
  readonly engine: "identity-engine" | "classic";
  readonly outcome: Outcome;
  readonly milliseconds: number;
  /** Four numbers a step: kind, begin after the event, duration or -1 while it runs, status or 0. */
  readonly steps: readonly number[];
}

/** What decides a row besides the trace. */
export interface Surroundings {
  /** The event as Okta recorded it; undefined when it is not in the log. */
  event(uuid: string): LogEvent | undefined;
  isMember(groupId: string, userId: string): boolean;
  /** The event types that the hook is subscribed to. */
  subscribed(): ReadonlySet<string>;
}

/** The row of a trace as it is now. */
export function rowOf(trace: Trace, surroundings: Surroundings): Row {
  const event = surroundings.event(trace.uuid);
  return {
    uuid: trace.uuid,
    at: trace.began,
    type: trace.eventType,
    result: trace.result,
    actorId: trace.actorId,
    name: event?.actor.displayName ?? "",
    login: event?.actor.alternateId ?? "",
    engine: event?.request === undefined ? "identity-engine" : "classic",
    outcome: outcomeOf(trace, surroundings),
    milliseconds: Math.round(trace.milliseconds),
    steps: trace.steps.flatMap(({ kind, began, milliseconds, status }) => [
      stepKinds.indexOf(kind),
      Math.round(began - trace.began),
      milliseconds === undefined ? -1 : Math.round(milliseconds),
      status ?? 0,
    ]),
  };
}

function outcomeOf({ eventType, steps }: Trace, { isMember, subscribed }: Surroundings): Outcome {
  const tasks = steps.filter((step) => step.kind === "task");
  if (tasks.length === 0) {
    const deliveries = steps.filter((step) => step.kind === "delivery");
    if (deliveries.some(({ ok }) => ok)) return "no-group";
    if (deliveries.length > 0) return "undelivered";
    return subscribed().has(eventType) ? "recorded" : "not-subscribed";
  }
  const states = tasks.map(({ task, groupId, userId }): Outcome => {
    const own = steps.filter(
      (step) => (step.kind === "attempt" || step.kind === "given-up") && step.task === task,
    );
    if (own.some(({ kind }) => kind === "given-up")) return "given-up";
    const isDone = own.some(({ status = 0 }) => status >= 200 && status < 300);
    if (isDone) return isMember(groupId, userId) ? "member" : "refused";
    return own.some(({ milliseconds }) => milliseconds !== undefined) ? "retrying" : "queued";
  });
  const worst = (["given-up", "refused", "retrying", "queued"] as const).find((one) => states.includes(one));
  return worst ?? "member";
}

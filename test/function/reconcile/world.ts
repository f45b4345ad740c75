import type { PollTask, Rule } from "../../../function/shared/contract.ts";
import type { Handler } from "../../../function/shared/http.ts";
import { createSimulatedClock, type SimulatedClock } from "../../../sandbox/simulation/clock.ts";
import { signInEvent } from "../../support/deliveries.ts";
import { createTestLog } from "../../support/log.ts";
import {
  type Answered,
  CONTINUATION_QUEUE,
  createLasting,
  type Lasting,
  type Step,
  type StepKind,
  send,
  startReconcile,
} from "../../support/reconciliation.ts";
import { createSystemLog } from "../../support/system-log.ts";

export const MINUTE = 60_000;
export const HOUR_MS = 60 * MINUTE;
export const DAY = 24 * HOUR_MS;

/** The task of the schedule. */
export const pollTask: PollTask = { kind: "poll", continuationQueue: CONTINUATION_QUEUE };

/** Settings of an instance that differ from the world's. */
export type Changes = Partial<Parameters<typeof startReconcile>[1]>;

/** An org with a log, and what reconcile needs besides, in simulated time. */
export interface World {
  readonly clock: SimulatedClock;
  readonly lasting: Lasting;
  readonly entries: readonly Readonly<Record<string, unknown>>[];
  /** When the stack was made: a minute ago. */
  readonly stackSince: number;
  start(changes?: Changes): Promise<Handler>;
  /** Sends a task to a new instance and lets time pass until it is answered. */
  run(task: unknown, changes?: Changes): Promise<Answered>;
  /** The same with the task of the schedule. */
  poll(changes?: Changes): Promise<Answered>;
  /** Replaces the cursor by something else. */
  putCursor(content: string): void;
  /** Puts sign-ins into the log, published so many milliseconds ago; their uuids. */
  signIns(count: number, ago?: number): string[];
  /** What a state object holds. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every shape.
  object(name?: string): any;
  /** `since` of a request to the log, in milliseconds since the epoch. */
  sinceOf(position: number): number;
  queuedUuids(): string[];
  entriesOf(severity: string): Readonly<Record<string, unknown>>[];
}

export function createWorld(
  rules: readonly Rule[] = [{ groupId: "00gAppUsers", on: ["user.session.start"] }],
): World {
  const clock = createSimulatedClock();
  const lasting = createLasting(createSystemLog());
  const { log, entries } = createTestLog();
  const stackSince = clock.now() - MINUTE;
  const start = (changes: Changes = {}) =>
    startReconcile(lasting, { rules, log, clock, stackSince, ...changes });
  const run: World["run"] = async (task, changes) => clock.until(send(await start(changes), task));
  return {
    clock,
    lasting,
    entries,
    stackSince,
    start,
    run,
    poll: (changes) => run(pollTask, changes),
    putCursor: (content) => void lasting.objects.set("cursor.json", { content, generation: "77" }),
    signIns: (count, ago = 0) =>
      Array.from({ length: count }, () => {
        const event = signInEvent({ published: isoTime(clock.now() - ago) });
        lasting.log.events.push(event);
        return String(event["uuid"]);
      }),
    object: (name = "cursor.json") => JSON.parse(lasting.objects.get(name)?.content ?? "null"),
    sinceOf: (position) => Date.parse(lasting.log.requests.at(position)?.searchParams.get("since") ?? ""),
    queuedUuids: () => [...lasting.queue.values()].map(({ eventUuid }) => eventUuid),
    entriesOf: (severity) => entries.filter((entry) => entry["severity"] === severity),
  };
}

export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** Steps of one kind fail before their effect is had, as long as there is an error. */
export function failing(kind: StepKind, fault: () => Error | undefined): Step {
  return async (step, effect) => {
    const error = step === kind ? fault() : undefined;
    if (error !== undefined) throw error;
    return effect();
  };
}

/** The same, but the effect is had: only the answer is lost. */
export function unanswered(kind: StepKind, fault: () => Error | undefined): Step {
  return async (step, effect) => {
    const result = effect();
    const error = step === kind ? fault() : undefined;
    if (error === undefined) return result;
    await result;
    throw error;
  };
}

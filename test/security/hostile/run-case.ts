import { expect } from "vitest";
import { ADDRESSES } from "../../support/deliveries.ts";
import type { LogEntry } from "../../support/entries.ts";
import type { FunctionProcess } from "../../support/function-process.ts";
import { type Case, type LogLine, PERSON } from "./case.ts";
import { sendRaw } from "./raw-http.ts";

/** A function in a process of its own, and the world around it. */
export interface Subject {
  readonly process: FunctionProcess;
  /** Puts the world into the state in which each case finds it. */
  prepare(one: Case): void;
  /** What the function has done to the world since. */
  effects(): readonly string[];
  /** Sends what an honest caller would, and expects that it works. */
  sendGood(traceparent: string): Promise<void>;
  /** Puts the world's origins in place of `{org}` and `{elsewhere}`. */
  fill<T>(value: T): T;
}

const positions = new WeakMap<Subject, number>();

/** Sends the case and expects exactly what it says; then that the function is as good as before. */
export async function runCase(subject: Subject, one: Case): Promise<void> {
  const { process, fill } = subject;
  subject.prepare(one);
  if (!positions.has(subject)) {
    // The log entries of the request that asked whether the function listens may come only now.
    await logged(subject, 0);
    subject.prepare(one);
  }
  const position = positions.get(subject) ?? 0;
  const answer = await sendRaw(process.port, fill(one.request));
  // The log entries of a request that breaks off may come only now; those of all others come before the next request.
  if (one.request.breaksOff) {
    await Promise.all(
      one.log.map((_line, index) =>
        process.entry((entry) => process.entries.indexOf(entry) === position + index),
      ),
    );
  }
  const effects = subject.effects();
  const entries = await logged(subject, position);

  expect({ answer, effects, log: entries.map(withoutTimes) }).toEqual({
    answer: expectedAnswer(fill(one.answer)),
    effects: fill(one.effects ?? []),
    log: fill(one.log),
  });
}

function expectedAnswer(answer: Case["answer"]): unknown {
  if (answer === "closed") return answer;
  const { status, body, headers = {} } = answer;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: expect.objectContaining(headers), body: text };
}

/** Sends a good request; what was logged before it, since a position, belongs to the case. */
async function logged(subject: Subject, position: number): Promise<readonly LogEntry[]> {
  const { process } = subject;
  const trace = globalThis.crypto.randomUUID().replaceAll("-", "");
  await subject.sendGood(`00-${trace}-00f067aa0ba902b7-01`);
  const isOfGood = (entry: LogEntry) => String(entry["logging.googleapis.com/trace"]).endsWith(trace);
  const good = process.entries.indexOf(await process.entry(isOfGood));
  positions.set(subject, process.entries.findLastIndex(isOfGood) + 1);
  return process.entries.slice(position, good);
}

/** Times differ from run to run; that they are there, and are times, can be said. */
function withoutTimes({ milliseconds, behindSeconds, delaySeconds, since, ...entry }: LogEntry): LogLine {
  for (const time of [milliseconds, behindSeconds, delaySeconds]) {
    if (time !== undefined) expect(time).toBeGreaterThanOrEqual(0);
  }
  if (since !== undefined) expect(since).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  return entry;
}

/** Expects that the process still runs, and that no entry of its log holds any of these or of a person, or is none at all. */
export function expectUnharmed(
  { process: { process: child, entries } }: Subject,
  secrets: readonly string[],
): void {
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  expect(entries.filter((entry) => "text" in entry)).toEqual([]);
  const logged = JSON.stringify(entries);
  const personal = [PERSON.login, PERSON.name, ADDRESSES];
  for (const text of [...secrets, ...personal]) expect(logged).not.toContain(text);
}

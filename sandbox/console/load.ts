import type { LocalOkta } from "../okta/server.ts";
import type { Step, Trace } from "../traces.ts";
import { RequestError } from "./request-error.ts";

/** So many sign-ins a second for so long. */
export interface LoadRequest {
  readonly perSecond: number;
  readonly seconds: number;
  /** How many different people sign in, in turn. */
  readonly people: number;
}

/** One second of measurements. */
export interface Second {
  /** Milliseconds since the epoch, at its end. */
  readonly at: number;
  readonly signIns: number;
  /** Tasks in all queues. */
  readonly queued: number;
  /** Answers of the org, the refused ones (429) apart. */
  readonly calls: number;
  readonly limited: number;
  /** What the tightest limit of memberships lets through a minute, and how much of it is used; absent while no window is open. */
  readonly limit?: number;
  readonly used?: number;
  readonly members: number;
  /** Percentiles of how long `receive` took to answer, in milliseconds; absent without deliveries. */
  readonly answer50?: number;
  readonly answer99?: number;
}

/** Makes load, and measures, whether there is load or not. */
export interface Load {
  /** @throws RequestError when it runs already */
  start(request: LoadRequest): void;
  stop(): void;
  /** To be called for each answer of the org. */
  countCall(status: number): void;
  /** To be called for each step of an event's way that has an answer. */
  countStep(step: Step): void;
  /** To be called for each event. */
  countSignIn(trace: Trace): void;
  readonly running: (LoadRequest & { readonly done: number }) | undefined;
  /** The last ten minutes. */
  readonly seconds: readonly Second[];
  close(): void;
}

/** What is measured by looking. */
export interface Gauges {
  queued(): number;
  members(): number;
  limit(): { readonly limit?: number; readonly used?: number };
}

const KEPT_SECONDS = 600;
const LIMITS = { perSecond: 500, seconds: 3600, people: 100_000 };
/** How often sign-ins are made; those of one slice come in one batch. In milliseconds. */
const SLICE_MS = 100;

/** @param onSecond hears when a second was measured */
export function createLoad(okta: LocalOkta, gauges: Gauges, onSecond: () => void): Load {
  const seconds: Second[] = [];
  let counts = { signIns: 0, calls: 0, limited: 0 };
  let answers: number[] = [];
  let running: (LoadRequest & { readonly began: number; done: number }) | undefined;
  let slicing: NodeJS.Timeout | undefined;

  const measuring = setInterval(() => {
    const sorted = answers.sort((one, other) => one - other);
    const percentile = (part: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
    const [answer50, answer99] = [percentile(0.5), percentile(0.99)];
    seconds.push({
      at: Date.now(),
      ...counts,
      ...gauges.limit(),
      queued: gauges.queued(),
      members: gauges.members(),
      ...(answer50 === undefined || answer99 === undefined ? {} : { answer50, answer99 }),
    });
    if (seconds.length > KEPT_SECONDS) seconds.shift();
    counts = { signIns: 0, calls: 0, limited: 0 };
    answers = [];
    onSecond();
  }, 1000);
  measuring.unref();

  function slice(): void {
    if (running === undefined) return;
    const elapsed = Date.now() - running.began;
    const due = Math.min(
      Math.floor((elapsed / 1000) * running.perSecond),
      running.perSecond * running.seconds,
    );
    const logins = Array.from({ length: Math.max(due - running.done, 0) }, (_, index) => {
      const number = ((running?.done ?? 0) + index) % (running?.people ?? 1);
      return `load-${number + 1}@example.com`;
    });
    for (const login of logins) {
      if (okta.content.person(login) === undefined)
        okta.createPerson({ login, displayName: `Load ${login}` });
    }
    if (logins.length > 0) okta.signIn(logins.map((login) => ({ kind: "success", login })));
    running.done += logins.length;
    if (elapsed >= running.seconds * 1000) stop();
  }

  function stop(): void {
    clearInterval(slicing);
    running = undefined;
  }

  return {
    seconds,
    get running() {
      return running;
    },
    start(request) {
      if (running !== undefined) throw new RequestError("A load runs already: stop it first.");
      running = { ...request, began: Date.now(), done: 0 };
      slicing = setInterval(slice, SLICE_MS);
    },
    stop,
    countCall(status) {
      counts.calls += 1;
      if (status === 429) counts.limited += 1;
    },
    countStep({ kind, milliseconds }) {
      if (kind === "delivery" && milliseconds !== undefined) answers.push(milliseconds);
    },
    countSignIn() {
      counts.signIns += 1;
    },
    close() {
      stop();
      clearInterval(measuring);
    },
  };
}

/** @throws RequestError */
export function readLoad(value: unknown): LoadRequest {
  const field = (name: keyof typeof LIMITS, fallback: number): number => {
    const given: unknown = Object(value)[name] ?? fallback;
    if (typeof given !== "number" || !Number.isInteger(given) || given < 1 || given > LIMITS[name]) {
      throw new RequestError(`"${name}" must be a whole number from 1 to ${LIMITS[name]}.`);
    }
    return given;
  };
  return { perSecond: field("perSecond", 10), seconds: field("seconds", 30), people: field("people", 100) };
}

import type { Clock } from "../clock.ts";
import { RateLimitError } from "../errors.ts";
import { headerOf, type OktaAnswer, type OktaRequest, type OktaTransport } from "./client.ts";

/** The window in which Okta counts calls, as far as it is known. */
interface Window {
  readonly limit: number;
  remaining: number;
  /** Okta's name for the window: its end in seconds of Okta's clock. */
  readonly resetSeconds: number;
  /** The window's end by our clock, in milliseconds since the epoch, a moment late. */
  endsAt: number;
}

/** A request that waits for its turn. */
interface Waiting {
  readonly request: OktaRequest;
  readonly go: () => void;
}

/** About how long Okta's windows last (Okta, "Rate limits"). */
const WINDOW_MS = 60_000;

/** The longest window that is believed, whatever a header says. */
const LONGEST_WINDOW_MS = 2 * WINDOW_MS;

/**
 * Added to a window's end once Okta has refused a call: its times are whole seconds, and whether they are rounded up is not
 * documented (Okta, SDK: "Rate limiting" always adds it).
 */
const ROUNDING_MS = 1_000;

/** How much of its deadline a call needs for itself. */
const TIME_OF_A_CALL_MS = 1_000;

/** How often a request that has used up its share checks whether the share has grown. */
const LOOK_AGAIN_MS = 1_000;

/** First and longest pause after a refusal for too many simultaneous calls. */
const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Keeps the calls of one rate-limit bucket within the limits that Okta reports (Okta, "Rate limits": X-Rate-Limit-Limit,
 * -Remaining, -Reset), and serves waiting calls in order.
 *
 * While the window is unknown, one call goes ahead to learn it. Okta's `Date` header gives Okta's clock, so ours may be wrong. A 429
 * with a limit of 0 means too many calls at once; its reset is only an estimate, so the limiter chooses the pause, with jitter. A
 * call that Okta refused for the rate limit is sent again, as long as its deadline allows. A call that has used up its share of
 * the window lets the next ones go first.
 *
 * The call throws RateLimitError when it would have to wait past its deadline, or when it is no longer needed before its turn.
 *
 * @param reserve the part of each window that is left to others, 0 to 1
 * @param random from 0 up to 1
 * @param onUse takes the part of a window's limit that all clients together have used, 0 to 1, as far as the last answer said
 */
export function followRateLimit(
  send: OktaTransport,
  settings: {
    readonly clock: Clock;
    readonly reserve: number;
    readonly random: () => number;
    readonly onUse?: (part: number) => void;
  },
): OktaTransport {
  const { clock, reserve, random, onUse } = settings;
  const waiting: Waiting[] = [];
  let window: Window | undefined;
  let underWay = 0;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let pauses = 0;
  let rounding = 0;
  let alarmAt = Number.POSITIVE_INFINITY;

  /** How many calls of each kind went in this window. */
  const taken = new Map<string, number>();

  const ours = (limit: number) => Math.max(1, limit - Math.ceil(limit * reserve));

  /** The window, unless it is unknown or over. */
  const openWindow = () => (window !== undefined && clock.now() < window.endsAt ? window : undefined);

  /** How many calls the window has room for, in addition to those under way. */
  const roomInWindow = (): number => {
    if (window === undefined || clock.now() >= window.endsAt) return 1 - underWay;
    return window.remaining - (window.limit - ours(window.limit)) - underWay;
  };

  /** When there may be room for a call with this many calls before it, in milliseconds since the epoch. */
  const roomAt = (before: number): number => {
    const opens = Math.max(clock.now(), pausedUntil);
    if (window === undefined || clock.now() >= window.endsAt) return opens;
    const later = before - Math.max(0, roomInWindow());
    if (later < 0) return opens;
    return Math.max(opens, window.endsAt) + Math.floor(later / ours(window.limit)) * WINDOW_MS;
  };

  const hasRoom = () => clock.now() >= pausedUntil && roomInWindow() > 0;

  const isWithinShare = ({ share }: OktaRequest): boolean => {
    const open = openWindow();
    if (share === undefined || open === undefined) return true;
    return (taken.get(share.kind) ?? 0) < Math.max(1, Math.floor(ours(open.limit) * share.most()));
  };

  const wake = (): void => {
    while (hasRoom()) {
      const next = waiting.findIndex(({ request }) => isWithinShare(request));
      const [chosen] = next === -1 ? [] : waiting.splice(next, 1);
      if (chosen === undefined) break;
      underWay += 1;
      const kind = chosen.request.share?.kind;
      if (kind !== undefined) taken.set(kind, (taken.get(kind) ?? 0) + 1);
      chosen.go();
    }
    // The end of a call under way wakes the rest, too.
    const at = hasRoom() ? Math.min(clock.now() + LOOK_AGAIN_MS, openWindow()?.endsAt ?? 0) : roomAt(0);
    if (waiting.length === 0 || at <= clock.now() || at >= alarmAt) return;
    alarmAt = at;
    void clock.sleep(at - clock.now()).then(() => {
      alarmAt = Number.POSITIVE_INFINITY;
      wake();
    });
  };

  /** Resolves when the call may go, counted as under way. */
  const turn = (request: OktaRequest, first: boolean): Promise<void> => {
    const { deadline, needless } = request;
    const at = turnAt(request, first);
    if (at + TIME_OF_A_CALL_MS > deadline.at) return Promise.reject(new RateLimitError(at - clock.now()));
    if (needless?.aborted) return Promise.reject(new RateLimitError(0));
    return new Promise((resolve, reject) => {
      const signals = [deadline.signal, ...(needless === undefined ? [] : [needless])];
      const stopListening = () => {
        for (const signal of signals) signal.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        stopListening();
        waiting.splice(waiting.indexOf(one), 1);
        reject(new RateLimitError(Math.max(0, roomAt(0) - clock.now())));
      };
      const go = () => {
        stopListening();
        resolve();
      };
      const one = { request, go };
      for (const signal of signals) signal.addEventListener("abort", onAbort);
      if (first) waiting.unshift(one);
      else waiting.push(one);
      wake();
    });
  };

  /** When a request gets its turn if it waits behind all others, or first. */
  const turnAt = (request: OktaRequest, first: boolean): number => {
    // Calls that wait although there is room have used up their share.
    if (hasRoom()) return isWithinShare(request) ? clock.now() : (openWindow()?.endsAt ?? clock.now());
    return roomAt(first ? 0 : waiting.length);
  };

  const learn = (answer: OktaAnswer): void => {
    const limit = numberOf(answer, "x-rate-limit-limit");
    const remaining = numberOf(answer, "x-rate-limit-remaining");
    const resetSeconds = numberOf(answer, "x-rate-limit-reset");
    const refused = answer.status === 429;
    if (refused && !(limit > 0 && resetSeconds > 0)) {
      // Calls that were refused together count once.
      if (clock.now() < pausedUntil) return;
      const pause = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** pauses);
      pauses += 1;
      pausedUntil = clock.now() + pause * (0.5 + random() / 2);
      return;
    }
    if (refused) rounding = ROUNDING_MS;
    else pauses = 0;
    if (Number.isNaN(limit) || Number.isNaN(remaining) || Number.isNaN(resetSeconds) || limit === 0) return;
    const oktaNow = Date.parse(headerOf(answer, "date"));
    const left = resetSeconds * 1000 - (Number.isNaN(oktaNow) ? clock.now() : oktaNow) + rounding;
    // Okta refuses only in a window that is not over.
    const endsAt = clock.now() + Math.min(LONGEST_WINDOW_MS, Math.max(refused ? ROUNDING_MS : 0, left));
    if (window?.resetSeconds === resetSeconds) {
      window.remaining = Math.min(window.remaining, refused ? 0 : remaining);
      window.endsAt = refused ? Math.max(window.endsAt, endsAt) : Math.min(window.endsAt, endsAt);
    } else if (endsAt > clock.now()) {
      if (window !== undefined) onUse?.(1 - window.remaining / window.limit);
      window = { limit, remaining: refused ? 0 : remaining, resetSeconds, endsAt };
      taken.clear();
    }
  };

  return async (request) => {
    for (let first = false; ; first = true) {
      await turn(request, first);
      let answer: OktaAnswer;
      try {
        answer = await send(request);
        learn(answer);
      } finally {
        underWay -= 1;
        wake();
      }
      if (answer.status !== 429) return answer;
    }
  };
}

function numberOf(answer: OktaAnswer, name: string): number {
  const text = headerOf(answer, name);
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

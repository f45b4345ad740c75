import type { Clock } from "../../../function/shared/clock.ts";
import type { Handler } from "../../../function/shared/http.ts";
import { exchangePieces } from "../../../sandbox/simulation/service.ts";

/** A request whose body is bytes, which come in pieces. */
export type BytesRequest = Parameters<typeof exchangePieces>[1];

/** The status with which a handler answers a request without a server. Rejects with what the handler rejects with. */
export async function answerTo(handler: Handler, request: BytesRequest): Promise<number> {
  return (await exchangePieces(handler, request)).status;
}

/** A clock on which nothing takes time, and no deadline ends by itself. */
export interface IdleClock extends Clock {
  /** Lets time pass. */
  pass(milliseconds: number): void;
  /** Ends the deadlines that were set since time last passed. */
  expire(): void;
}

export function createIdleClock(): IdleClock {
  let time = Date.parse("2026-01-05T10:00:00.000Z");
  const deadlines: AbortController[] = [];
  return {
    now: () => time,
    async sleep(milliseconds) {
      time += milliseconds;
    },
    deadline(milliseconds) {
      const deadline = new AbortController();
      deadlines.push(deadline);
      return { at: time + milliseconds, signal: deadline.signal, [Symbol.dispose]: () => undefined };
    },
    pass(milliseconds) {
      time += milliseconds;
      deadlines.length = 0;
    },
    expire() {
      for (const deadline of deadlines) deadline.abort();
    },
  };
}

import { IncomingMessage, ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import type { Clock } from "../../../function/shared/clock.ts";
import type { Handler } from "../../../function/shared/http.ts";

/** A request whose body is bytes, which come in pieces. */
export interface BytesRequest {
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly Uint8Array[];
}

/**
 * Lets a handler answer a request without a server, on Node's own request and response; the status of its answer. Rejects
 * with what the handler rejects with.
 */
export async function answerTo(handler: Handler, { method, headers, pieces }: BytesRequest): Promise<number> {
  const connection = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  // Node's classes are made for a socket, and use of it what every duplex stream has.
  const socket = connection as ConstructorParameters<typeof IncomingMessage>[0];
  const incoming = new IncomingMessage(socket);
  incoming.method = method;
  incoming.url = "/";
  incoming.headers = { ...headers };
  for (const piece of pieces) if (piece.length > 0) incoming.push(piece);
  incoming.push(null);
  incoming.complete = true;
  const response = new ServerResponse(incoming);
  response.assignSocket(socket);
  const finished = new Promise<void>((resolve) => response.once("finish", resolve));
  await handler(incoming, response);
  await finished;
  return response.statusCode;
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

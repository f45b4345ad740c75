import { IncomingMessage, ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import type { Clock } from "../../function/shared/clock.ts";
import type { Handler } from "../../function/shared/http.ts";
import { createLog, type Log } from "../../function/shared/log.ts";
import type { OktaRuntime } from "../../function/shared/runtime.ts";
import { answerEveryError } from "../../function/shared/server.ts";
import type { SimulatedClock } from "./clock.ts";

/** Makes a function's handler of what it reaches the world by. */
export type Wire = (log: Log, runtime: OktaRuntime) => Promise<Handler>;

/** A function that is deployed: one instance at a time, started by the first request. */
export interface Service {
  /** Rejects when the instance is killed meanwhile. */
  request(request: ExchangeRequest): Promise<ExchangeAnswer>;
  /** Ends the instance in the middle of whatever it does. */
  kill(): void;
  /** From now on requests go to a new instance; the one before ends what it has begun. */
  deploy(): void;
}

/** What became of a request whose instance was killed. */
export class KilledError extends Error {
  override readonly name = "KilledError";
}

/** One instance's life. */
interface Instance {
  readonly handler: Promise<Handler>;
  readonly killed: AbortController;
}

/** How long an instance takes to start, in milliseconds. */
const COLD_START = 300;

/**
 * @param runtime how a function reaches the world
 * @param skew how far the clocks of instances are ahead of the world's, in milliseconds; asked at each start
 * @param onEntry takes each entry of the log
 */
export function createService(settings: {
  readonly wire: Wire;
  readonly clock: SimulatedClock;
  readonly runtime: OktaRuntime;
  readonly skew: () => number;
  readonly onEntry: (entry: Readonly<Record<string, unknown>>) => void;
}): Service {
  const { wire, clock, skew, onEntry } = settings;
  let instance: Instance | undefined;

  const start = (): Instance => {
    const killed = new AbortController();
    const ahead = skew();
    /** What comes back to a killed instance finds nobody. */
    const alive = <T>(promise: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        promise.then(
          (value) => killed.signal.aborted || resolve(value),
          (error: unknown) => killed.signal.aborted || reject(error),
        );
      });
    const own: Clock = {
      now: () => clock.now() + ahead,
      sleep: (milliseconds, signal) => alive(clock.sleep(milliseconds, signal)),
      deadline(milliseconds) {
        const deadline = clock.deadline(milliseconds);
        return { ...deadline, at: deadline.at + ahead };
      },
    };
    const { runtime } = settings;
    const log = createLog("simulated", (line) => {
      if (!killed.signal.aborted) onEntry(JSON.parse(line));
    });
    const isolated: OktaRuntime = {
      ...runtime,
      clock: own,
      send: (url, init) => alive(runtime.send(url, init)),
      connectToOkta: (orgUrl, use) => {
        const send = runtime.connectToOkta(orgUrl, use);
        return (request) => alive(send(request));
      },
    };
    const handler = clock
      .sleep(COLD_START)
      .then(async () => answerEveryError(await wire(log, isolated), log));
    return { handler, killed };
  };

  return {
    async request(request) {
      instance ??= start();
      const { handler, killed } = instance;
      const { promise: cut, reject } = Promise.withResolvers<never>();
      const onKill = () => reject(new KilledError("The instance was killed."));
      killed.signal.addEventListener("abort", onKill, { once: true });
      try {
        return await Promise.race([handler.then((answer) => exchange(answer, request)), cut]);
      } finally {
        killed.signal.removeEventListener("abort", onKill);
      }
    },
    kill() {
      instance?.killed.abort();
      instance = undefined;
    },
    deploy() {
      instance = undefined;
    },
  };
}

/** A request, as it would come over HTTP. */
export interface ExchangeRequest {
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What was answered. */
export interface ExchangeAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Lets a handler of Node's HTTP server answer a request without a server: on Node's own request and response, over a
 * connection in memory. Rejects with what the handler rejects with.
 */
export async function exchange(handler: Handler, request: ExchangeRequest): Promise<ExchangeAnswer> {
  const { method, headers, body } = request;
  if (body === undefined) return exchangePieces(handler, { method, headers, pieces: [] });
  const length = { "content-length": String(Buffer.byteLength(body)) };
  return exchangePieces(handler, { method, headers: { ...headers, ...length }, pieces: [Buffer.from(body)] });
}

/** The same with a body of bytes that come in pieces, and with no header besides those given. */
export async function exchangePieces(
  handler: Handler,
  { method, headers, pieces }: Omit<ExchangeRequest, "body"> & { readonly pieces: readonly Uint8Array[] },
): Promise<ExchangeAnswer> {
  const sent: Buffer[] = [];
  const connection = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk);
      done();
    },
  });
  // Node's classes are made for a socket, and use of it what every duplex stream has.
  const socket = connection as ConstructorParameters<typeof IncomingMessage>[0];
  const incoming = new IncomingMessage(socket);
  incoming.method = method;
  incoming.url = "/";
  incoming.httpVersionMajor = 1;
  incoming.httpVersionMinor = 1;
  incoming.headers = { ...headers };
  for (const piece of pieces) if (piece.length > 0) incoming.push(piece);
  incoming.push(null);
  incoming.complete = true;

  const response = new ServerResponse(incoming);
  response.assignSocket(socket);
  const finished = new Promise<void>((resolve) => response.once("finish", resolve));
  await handler(incoming, response);
  await finished;
  return parse(Buffer.concat(sent).toString());
}

function parse(text: string): ExchangeAnswer {
  const end = text.indexOf("\r\n\r\n");
  const [start = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(start.split(" ")[1]), headers, body: text.slice(end + 4) };
}

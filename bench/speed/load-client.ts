/** The load client: a process of its own, which sends prebuilt requests over connections that stay open. */
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createReader } from "./http-text.ts";
import { cpuTimeOf } from "./machine.ts";
import { quantile } from "./statistics.ts";

/** What the client is asked to do. */
export type Order = LoadOrder | BurstOrder;

/** Every connection sends a request, waits for the answer and sends the next, for a time. */
export interface LoadOrder {
  readonly kind: "load";
  readonly port: number;
  /** Of the server, whose CPU time is counted. */
  readonly pid: number;
  readonly connections: number;
  /** Sent before anything is counted, in milliseconds. */
  readonly warmUp: number;
  /** In milliseconds. */
  readonly duration: number;
  readonly requests: readonly Uint8Array[];
  /** The status of each answer; any other is a fault. */
  readonly expect: number;
}

/** Each request goes out at once on a connection of its own. */
export interface BurstOrder {
  readonly kind: "burst";
  readonly port: number;
  readonly requests: readonly Uint8Array[];
}

export interface LoadResult {
  readonly count: number;
  /** Answers with another status than expected, or none. */
  readonly faults: number;
  /** Answers in a second. */
  readonly rate: number;
  /** In milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** CPU time of the server for one request, in milliseconds. */
  readonly cpu: number;
  /** The part of one core that the client needed, 0 to 1. */
  readonly busy: number;
}

export interface BurstResult {
  /** When each was answered, in milliseconds. */
  readonly milliseconds: readonly number[];
  readonly statuses: readonly number[];
}

process.on("message", async ({ id, order }: { readonly id: number; readonly order: Order }) => {
  try {
    process.send?.({ id, result: order.kind === "load" ? await load(order) : await burst(order) });
  } catch (error) {
    process.send?.({ id, fault: error instanceof Error ? error.message : String(error) });
  }
});
process.on("disconnect", () => process.exit(0));
process.send?.({ id: 0, result: {} });

/** Fewer answers than this say little about a CPU's time, so the load goes on until they are there. */
const LEAST = 10;

async function load(order: LoadOrder): Promise<LoadResult> {
  const { port, pid, connections, warmUp, duration, requests, expect } = order;
  const latencies: number[] = [];
  let isCounting = false;
  let hasEnded = false;
  let faults = 0;
  let position = 0;
  const sockets = new Set<Socket>();
  const open = () => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    sockets.add(socket);
    let sentAt = 0;
    const send = () => {
      const request = requests[position++ % requests.length];
      if (request === undefined || hasEnded) return;
      sentAt = performance.now();
      socket.write(request);
    };
    const read = createReader(({ head }) => {
      if (Number(head.slice(9, 12)) !== expect) faults += 1;
      if (isCounting) latencies.push(performance.now() - sentAt);
      send();
    });
    socket.on("connect", send).on("data", read);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      if (hasEnded) return;
      faults += 1;
      open();
    });
  };
  for (let index = 0; index < connections; index += 1) open();
  await delay(warmUp);
  const cpuBefore = cpuTimeOf(pid);
  const ownBefore = process.cpuUsage();
  const began = performance.now();
  isCounting = true;
  await delay(duration);
  while (latencies.length < LEAST && performance.now() - began < PATIENCE) await delay(10);
  isCounting = false;
  const seconds = (performance.now() - began) / 1000;
  const own = process.cpuUsage(ownBefore);
  const cpu = cpuTimeOf(pid) - cpuBefore;
  hasEnded = true;
  for (const socket of sockets) socket.destroy();
  if (latencies.length === 0) throw new Error("Nothing was answered.");
  return {
    count: latencies.length,
    faults,
    rate: latencies.length / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    longest: quantile(latencies, 1),
    cpu: cpu / latencies.length,
    busy: (own.user + own.system) / 1e6 / seconds,
  };
}

/** How long an answer to a burst is waited for, in milliseconds. */
const PATIENCE = 600_000;

async function burst({ port, requests }: BurstOrder): Promise<BurstResult> {
  const sockets = await Promise.all(
    requests.map(async () => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
      return socket;
    }),
  );
  const began = performance.now();
  const answers = sockets.map(
    (socket, index) =>
      new Promise<{ milliseconds: number; status: number }>((resolve) => {
        const end = (status: number) => resolve({ milliseconds: performance.now() - began, status });
        socket.on(
          "data",
          createReader(({ head }) => end(Number(head.slice(9, 12)))),
        );
        socket.on("close", () => end(0)).on("error", () => end(0));
        socket.setTimeout(PATIENCE, () => end(0));
        socket.write(requests[index] ?? "");
      }),
  );
  const ended = await Promise.all(answers);
  for (const socket of sockets) socket.destroy();
  return {
    milliseconds: ended.map(({ milliseconds }) => milliseconds),
    statuses: ended.map(({ status }) => status),
  };
}

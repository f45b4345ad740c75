import { connect, type Socket } from "node:net";

/** The end of a connection: the statuses of the answers that came over it, or "cut" when none came. */
export type Ending = readonly (number | "cut")[];

/** A connection of the attacker's own. */
export interface Connection {
  readonly socket: Socket;
  /** Resolves when it is open; never rejects. */
  readonly opened: Promise<void>;
  /** Resolves when it is over, whichever side ended it. */
  readonly ended: Promise<Ending>;
  /** Resolves with its status when so many answers have come, or with "cut" when it ends before. */
  answered(count: number): Promise<number | "cut">;
}

/** Opens a connection to the function. */
export function openConnection(port: number): Connection {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.setNoDelay(true);
  const statuses: number[] = [];
  const waiting = new Set<() => void>();
  let tail = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    // An answer's first line may come in two pieces.
    const seen = tail + text;
    const lines = [...seen.matchAll(/HTTP\/1\.1 (\d{3}) /g)];
    for (const [, status] of lines) if (status !== "100") statuses.push(Number(status));
    const last = lines.at(-1);
    tail = seen.slice(Math.max(last === undefined ? 0 : last.index + last[0].length, seen.length - 12));
    for (const check of waiting) check();
  });
  const opened = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<Ending>();
  let over = false;
  socket.once("connect", () => opened.resolve());
  // The other side says that nothing more will come: so do we.
  socket.on("end", () => socket.destroy());
  socket.on("error", () => undefined);
  socket.once("close", () => {
    over = true;
    opened.resolve();
    ended.resolve(statuses.length === 0 ? ["cut"] : statuses);
    for (const check of waiting) check();
  });
  return {
    socket,
    opened: opened.promise,
    ended: ended.promise,
    answered: (count) =>
      new Promise((resolve) => {
        const check = () => {
          const status = statuses[count - 1];
          if (status === undefined && !over) return;
          waiting.delete(check);
          resolve(status ?? "cut");
        };
        waiting.add(check);
        check();
      }),
  };
}

/** Opens so many connections, and waits until they are open. */
export async function openConnections(port: number, count: number): Promise<readonly Connection[]> {
  const connections = Array.from({ length: count }, () => openConnection(port));
  await Promise.all(connections.map(({ opened }) => opened));
  return connections;
}

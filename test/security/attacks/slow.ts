import { type Attack, type Outcome, outcomeOf } from "./attack.ts";
import { type Connection, openConnections } from "./connection.ts";
import { authorization, challenge, headersOf } from "./requests.ts";

/** Connections of each attack. */
export const SLOW_CONNECTIONS = 1_000;

/** Between two bytes of one connection, in milliseconds. */
const BETWEEN_BYTES = 250;

/**
 * Gives each sender one byte of a text after the other, and begins anew at its end, until all connections have ended: these
 * and those that say nothing more.
 */
async function drip(
  senders: readonly Connection[],
  text: string,
  connections: readonly Connection[] = senders,
): Promise<Outcome> {
  let position = 0;
  const timer = setInterval(() => {
    const byte = text.charAt(position++ % text.length);
    for (const { socket } of senders) if (socket.writable) socket.write(byte);
  }, BETWEEN_BYTES);
  try {
    return outcomeOf(await Promise.all(connections.map(({ ended }) => ended)));
  } finally {
    clearInterval(timer);
  }
}

/** Half of them send headers that never end, the others nothing at all. */
export const slowHeaders: Attack = async ({ port, begun }) => {
  const connections = await openConnections(port, SLOW_CONNECTIONS);
  const sending = connections.filter((_connection, index) => index % 2 === 0);
  for (const { socket } of sending) socket.write(challenge().slice(0, -2));
  begun();
  return drip(sending, "X-Slow: x\r\n", connections);
};

/** Bodies a byte at a time, without the secret. */
export const slowBodies: Attack = ({ port, begun }) => slowBody(port, begun, headersOf(1_000_000));

/** The same by somebody who has the secret. */
export const slowAuthenticBodies: Attack = ({ port, secret, begun }) =>
  slowBody(port, begun, headersOf(1_000_000, authorization(secret)));

async function slowBody(port: number, begun: () => void, headers: string): Promise<Outcome> {
  const connections = await openConnections(port, SLOW_CONNECTIONS);
  for (const { socket } of connections) socket.write(headers);
  begun();
  return drip(connections, " ");
}

/** Connections that stay open after one request, and are not used again. */
export const idleConnections: Attack = async ({ port, begun }) => {
  const connections = await openConnections(port, SLOW_CONNECTIONS);
  for (const { socket } of connections) socket.write(challenge("Connection: keep-alive"));
  begun();
  return outcomeOf(await Promise.all(connections.map(({ ended }) => ended)));
};

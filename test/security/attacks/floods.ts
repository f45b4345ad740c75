import { isLong } from "../../support/long.ts";
import { type Attack, type Outcome, outcomeOf } from "./attack.ts";
import { bombs } from "./bombs.ts";
import { type Ending, openConnection, openConnections } from "./connection.ts";
import { authorization, challenge, headersOf } from "./requests.ts";

/** As many as Cloud Run gives an instance at once, by default. */
const AT_ONCE = 80;

/** Does something so many times, so many at once. */
async function times(count: number, act: (index: number) => Promise<Ending>): Promise<Outcome> {
  const endings: Ending[] = [];
  let next = 0;
  const one = async () => {
    while (next < count) endings.push(await act(next++));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return outcomeOf(endings);
}

/** Sends a request over a connection of its own, and leaves when it is answered. */
async function send(port: number, ...parts: readonly (string | Uint8Array)[]): Promise<Ending> {
  const connection = openConnection(port);
  for (const part of parts) connection.socket.write(part);
  const status = await connection.answered(1);
  connection.socket.destroy();
  return [status];
}

export const POSTS = isLong ? 10_000 : 300;

/** Posts of 1 MiB without the secret. */
export const largePosts: Attack = ({ port, begun }) => {
  const body = Buffer.alloc(1024 * 1024, "x");
  begun();
  return times(POSTS, () => send(port, headersOf(body.length), body));
};

export const BOMBS_OF_A_KIND = 20;

/** Bodies that would be 1 or 10 GB; half of them by somebody who has the secret. */
export const compressedBombs: Attack = async ({ port, secret, begun }) => {
  const made = await bombs();
  begun();
  return times(made.length * BOMBS_OF_A_KIND, (index) => {
    const { encoding, bytes } = made[index % made.length] ?? { encoding: "", bytes: Buffer.of() };
    const authentic = Math.floor(index / made.length) % 2 === 0 ? [] : [authorization(secret)];
    return send(port, headersOf(bytes.length, `Content-Encoding: ${encoding}`, ...authentic), bytes);
  });
};

export const CHALLENGES = isLong ? 10_000 : 1_000;

/** Verifications without the secret, and from somebody who has it. */
export const manyChallenges: Attack = ({ port, secret, begun }) => {
  begun();
  return times(CHALLENGES, (index) =>
    send(port, index % 2 === 0 ? challenge() : challenge(authorization(secret))),
  );
};

export const HEADER_FLOODS = isLong ? 1_000 : 100;

/** Headers that are too many, and headers that are too long. */
export const manyHeaders: Attack = ({ port, begun }) => {
  const many = Array.from({ length: 10_000 }, (_none, index) => `X-${index}: ${index}`);
  const long = [`X-Long: ${"x".repeat(1024 * 1024)}`];
  begun();
  return times(HEADER_FLOODS, (index) => send(port, challenge(...(index % 2 === 0 ? many : long))));
};

export const PIPELINES = 100;
export const PIPELINED = 100;

/** Requests one behind the other, sent before any is answered. */
export const pipelines: Attack = ({ port, secret, begun }) => {
  begun();
  return times(PIPELINES, async (index) => {
    const connection = openConnection(port);
    const one = index % 2 === 0 ? challenge() : challenge(authorization(secret));
    connection.socket.write(one.repeat(PIPELINED - 1) + one.replace("Host", "Connection: close\r\nHost"));
    return connection.ended;
  });
};

export const HALF_CLOSED = 1_000;

/** Connections that are closed on one side, or reset, at every point of a request. */
export const halfClosed: Attack = async ({ port, secret, begun }) => {
  const connections = await openConnections(port, HALF_CLOSED);
  const whole = challenge();
  const texts = [
    "",
    whole.slice(0, 20),
    whole,
    `${headersOf(1_000_000)}{`,
    `${headersOf(1_000_000, authorization(secret))}{`,
  ];
  begun();
  for (const [index, { socket }] of connections.entries()) {
    const text = texts[index % texts.length] ?? "";
    if (index < HALF_CLOSED / 2) socket.end(text);
    else socket.write(text, () => socket.resetAndDestroy());
  }
  return outcomeOf(await Promise.all(connections.map(({ ended }) => ended)));
};

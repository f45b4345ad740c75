import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Server } from "../../support/function-process.ts";
import { recordFigure } from "../figures.ts";
import type { Outcome } from "./attack.ts";
import { startAttack } from "./attacking.ts";
import type { AttackName } from "./attacks.ts";
import {
  BOMBS_OF_A_KIND,
  CHALLENGES,
  HALF_CLOSED,
  HEADER_FLOODS,
  PIPELINED,
  PIPELINES,
  POSTS,
} from "./floods.ts";
import { deliver } from "./honest.ts";
import { describeMeasured, peakMemory } from "./process-figures.ts";
import { MEMORY, type Receiver, SECRET, startReceiver } from "./receiver.ts";
import { servers, testsWith } from "./servers.ts";
import { SLOW_CONNECTIONS } from "./slow.ts";

/** Honest deliveries that are made during each attack, at least. */
const DELIVERIES = 50;

/** From one delivery to the next, in milliseconds: more than Okta makes, and no flood of its own. */
const BETWEEN_DELIVERIES = 20;

/** Attacks a process of its own: what it needs at the most is that attack's. */
async function attack(name: AttackName, server: Server): Promise<Outcome> {
  const receiver = await startReceiver(server);
  try {
    return await endure(name, receiver);
  } finally {
    await receiver.stop();
  }
}

/** Attacks, while honest deliveries come one after the other: each is answered in Okta's time. */
async function endure(name: AttackName, { google, receive }: Receiver): Promise<Outcome> {
  const { begun, outcome } = startAttack({ attack: name, port: receive.port, secret: SECRET });
  let isOver = false;
  const over = outcome.finally(() => {
    isOver = true;
  });
  await begun;
  const answers: (number | "late")[] = [];
  while (!isOver || answers.length < DELIVERIES) {
    const [answer] = await Promise.all([deliver(receive.port, SECRET), setTimeout(BETWEEN_DELIVERIES)]);
    answers.push(answer);
  }
  const ended = await over;

  const { pid, exitCode } = receive.process;
  const peak = await peakMemory(pid ?? 0);
  recordFigure("hostile connections", ended.connections);
  recordFigure("deliveries answered among them", answers.filter((answer) => answer === 204).length);
  recordFigure("late deliveries", answers.filter((answer) => answer === "late").length);
  expect(answers.filter((answer) => answer !== 204)).toEqual([]);
  expect(google.tasks).toHaveLength(answers.length);
  expect(exitCode).toBeNull();
  expect(receive.entries.filter(({ severity }) => severity === "CRITICAL" || severity === undefined)).toEqual(
    [],
  );
  // The other half is for bodies that come with the secret.
  expect(peak).toBeLessThan(MEMORY / 2);
  return ended;
}

// Each waits for a time-out, and does little meanwhile.
describeMeasured.concurrent.each(servers)("connections that take their time are ended, with %s", (server) => {
  const test = testsWith(server);

  test("functions-framework", "headers a byte at a time, and connections that send nothing", async () => {
    expect(await attack("slowHeaders", server)).toEqual({
      connections: SLOW_CONNECTIONS,
      answers: { 408: SLOW_CONNECTIONS },
      cut: 0,
    });
  });

  test("node", "bodies a byte at a time: what has no secret is answered before its body", async () => {
    expect(await attack("slowBodies", server)).toEqual({
      connections: SLOW_CONNECTIONS,
      answers: { 401: SLOW_CONNECTIONS },
      cut: 0,
    });
  });

  test("functions-framework", "bodies a byte at a time, with the secret", async () => {
    expect(await attack("slowAuthenticBodies", server)).toEqual({
      connections: SLOW_CONNECTIONS,
      answers: { 503: SLOW_CONNECTIONS },
      cut: 0,
    });
  });

  test("node", "connections that are not used again", async () => {
    expect(await attack("idleConnections", server)).toEqual({
      connections: SLOW_CONNECTIONS,
      answers: { 401: SLOW_CONNECTIONS },
      cut: 0,
    });
  });
});

// What the function decides by the secret and the headers is the same with both servers, and tried with one.
describeMeasured("floods that the function refuses", () => {
  it("of posts of 1 MiB without the secret", async () => {
    expect(await attack("largePosts", "functions-framework")).toEqual({
      connections: POSTS,
      answers: { 401: POSTS },
      cut: 0,
    });
  });

  it("of compressed bombs: nothing is unpacked, secret or not", async () => {
    const half = (4 * BOMBS_OF_A_KIND) / 2;
    expect(await attack("compressedBombs", "functions-framework")).toEqual({
      connections: 2 * half,
      answers: { 401: half, 415: half },
      cut: 0,
    });
  });

  it("of challenges", async () => {
    expect(await attack("manyChallenges", "functions-framework")).toEqual({
      connections: CHALLENGES,
      answers: { 200: CHALLENGES / 2, 401: CHALLENGES / 2 },
      cut: 0,
    });
  });
});

describeMeasured.each(servers)("floods that the server has to bear, with %s", (server) => {
  const test = testsWith(server);

  test("functions-framework", "of headers", async () => {
    expect(await attack("manyHeaders", server)).toEqual({
      connections: HEADER_FLOODS,
      answers: { 431: HEADER_FLOODS },
      cut: 0,
    });
  });

  test("node", "of requests one behind the other", async () => {
    const half = (PIPELINES * PIPELINED) / 2;
    expect(await attack("pipelines", server)).toEqual({
      connections: PIPELINES,
      answers: { 200: half, 401: half },
      cut: 0,
    });
  });

  test("node", "of connections that are closed on one side, or reset, at every point", async () => {
    const { connections } = await attack("halfClosed", server);
    expect(connections).toBe(HALF_CLOSED);
  });
});

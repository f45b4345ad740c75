import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
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
import { MEMORY, type Receiver, SECRET } from "./receiver.ts";
import { servers, testsWith } from "./servers.ts";
import { SLOW_CONNECTIONS } from "./slow.ts";

/** Honest deliveries that are made during each attack, at least. */
const DELIVERIES = 50;

/** From one delivery to the next, in milliseconds: more than Okta makes, and no flood of its own. */
const BETWEEN_DELIVERIES = 20;

/** Attacks, while honest deliveries come one after the other: each is answered in Okta's time. */
async function attack(name: AttackName, { google, receive }: Receiver): Promise<Outcome> {
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

  test(
    "functions-framework",
    "headers a byte at a time, and connections that send nothing",
    async (receiver) => {
      expect(await attack("slowHeaders", receiver)).toEqual({
        connections: SLOW_CONNECTIONS,
        answers: { 408: SLOW_CONNECTIONS },
        cut: 0,
      });
    },
  );

  test(
    "node",
    "bodies a byte at a time: what has no secret is answered before its body",
    async (receiver) => {
      expect(await attack("slowBodies", receiver)).toEqual({
        connections: SLOW_CONNECTIONS,
        answers: { 401: SLOW_CONNECTIONS },
        cut: 0,
      });
    },
  );

  test("functions-framework", "bodies a byte at a time, with the secret", async (receiver) => {
    expect(await attack("slowAuthenticBodies", receiver)).toEqual({
      connections: SLOW_CONNECTIONS,
      answers: { 503: SLOW_CONNECTIONS },
      cut: 0,
    });
  });

  test("node", "connections that are not used again", async (receiver) => {
    expect(await attack("idleConnections", receiver)).toEqual({
      connections: SLOW_CONNECTIONS,
      answers: { 401: SLOW_CONNECTIONS },
      cut: 0,
    });
  });
});

// What the function decides by the secret and the headers is the same with both servers, and tried with one.
describeMeasured("floods that the function refuses", () => {
  const test = testsWith("functions-framework");

  test("functions-framework", "of posts of 1 MiB without the secret", async (receiver) => {
    expect(await attack("largePosts", receiver)).toEqual({
      connections: POSTS,
      answers: { 401: POSTS },
      cut: 0,
    });
  });

  test("functions-framework", "of compressed bombs: nothing is unpacked, secret or not", async (receiver) => {
    const half = (4 * BOMBS_OF_A_KIND) / 2;
    expect(await attack("compressedBombs", receiver)).toEqual({
      connections: 2 * half,
      answers: { 401: half, 415: half },
      cut: 0,
    });
  });

  test("functions-framework", "of challenges", async (receiver) => {
    expect(await attack("manyChallenges", receiver)).toEqual({
      connections: CHALLENGES,
      answers: { 200: CHALLENGES / 2, 401: CHALLENGES / 2 },
      cut: 0,
    });
  });
});

describeMeasured.each(servers)("floods that the server has to bear, with %s", (server) => {
  const test = testsWith(server);

  test("functions-framework", "of headers", async (receiver) => {
    expect(await attack("manyHeaders", receiver)).toEqual({
      connections: HEADER_FLOODS,
      answers: { 431: HEADER_FLOODS },
      cut: 0,
    });
  });

  test("node", "of requests one behind the other", async (receiver) => {
    const half = (PIPELINES * PIPELINED) / 2;
    expect(await attack("pipelines", receiver)).toEqual({
      connections: PIPELINES,
      answers: { 200: half, 401: half },
      cut: 0,
    });
  });

  test("node", "of connections that are closed on one side, or reset, at every point", async (receiver) => {
    const { connections } = await attack("halfClosed", receiver);
    expect(connections).toBe(HALF_CLOSED);
  });
});

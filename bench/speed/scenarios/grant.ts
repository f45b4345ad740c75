import { randomUUID } from "node:crypto";
import type { Bench, Scenario } from "../bench.ts";
import type { Contender } from "../contenders.ts";
import { postOf } from "../deliveries.ts";
import { memoryOf } from "../machine.ts";
import { memberId } from "../members.ts";
import { GROUP, SIGN_IN } from "../setting.ts";

/** What `grant` is found to need for a group of so many members. */
interface Granted {
  /** Tasks in a second, of people who are known to be members. */
  readonly rate: number;
  /** CPU time of one, in milliseconds. */
  readonly cpu: number;
  /** That the members took, in MiB. */
  readonly memory: number;
  /** Calls to Okta for the list. */
  readonly pages: number;
  /** How long the list took, in seconds. */
  readonly reading: number;
}

/** Members on a page of Okta's. */
const PAGE = 1_000;

/** How long the list may take, in milliseconds. */
const PATIENCE = 120_000;

/** Lets `grant` learn a group's members, then sends it tasks of people whom it knows. */
export async function measureGrant(contender: Contender, bench: Bench, members: number): Promise<Granted> {
  await bench.setStub({ members });
  // From the first pages, which every size has.
  const requests = Array.from({ length: 64 }, (_, index) => postOf(taskOf(memberId(index * 7))));
  const server = await contender.start({ request: requests[0] ?? new Uint8Array(), expect: 200 }, "grant");
  try {
    const { port, pid } = server;
    const before = memoryOf(pid).now;
    const began = performance.now();
    const wanted = Math.ceil(members / PAGE);
    let pages = 0;
    let left = performance.now();
    // A page is read for each task or so; when there are no more, all is known that will be.
    for (let last = -1; pages < wanted && performance.now() - began < PATIENCE; ) {
      await bench.burst({ port, requests: requests.slice(0, 20) });
      pages = (await bench.seen()).memberPages;
      if (pages > last) left = performance.now();
      if (performance.now() - left > 3_000) break;
      last = pages;
    }
    const reading = (left - began) / 1000;
    const { rate, cpu } = await bench.load({ port, pid, connections: 20, requests, expect: 200 });
    const memory = memoryOf(pid).now - before;
    const { puts } = await bench.seen();
    if (puts > requests.length) throw new Error(`${puts} known members were added again.`);
    return { rate, cpu, memory, pages, reading };
  } finally {
    await server.stop();
  }
}

function taskOf(userId: string): string {
  const now = new Date().toISOString();
  return JSON.stringify({
    groupId: GROUP,
    userId,
    eventUuid: randomUUID(),
    eventType: SIGN_IN,
    published: now,
    queuedAt: now,
  });
}

/** Tasks of known members, at 20 connections. */
export const grant: Scenario = {
  id: "grant",
  title: "Known members",
  measures: [
    { id: "grant.rate", title: "grant, known members, 20 connections", unit: "tasks/s", better: "higher" },
    { id: "grant.cpu", title: "grant, known members: CPU time of a task", unit: "ms", better: "lower" },
    {
      id: "grant.memory",
      title: "grant: memory that 1,000,000 members of a group add",
      unit: "MiB",
      better: "lower",
    },
  ],
  others: [],
  rounds: { full: 3, quick: 1 },
  async run(contender, bench) {
    const { rate, cpu, memory } = await measureGrant(contender, bench, bench.isQuick ? 100_000 : 1_000_000);
    return { "grant.rate": rate, "grant.cpu": cpu, ...(bench.isQuick ? {} : { "grant.memory": memory }) };
  },
};

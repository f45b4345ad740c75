import type { Rule } from "../../../function/shared/contract.ts";
import type { Bench, Measure, Scenario } from "../bench.ts";
import type { Contender } from "../contenders.ts";
import { challengeRequest, deliveryRequest, postOf, UNWANTED } from "../deliveries.ts";
import { memoryOf } from "../machine.ts";
import { QUEUE, SIGN_IN } from "../setting.ts";
import { measureGrant } from "./grant.ts";

/** A scenario of which each measure is a curve: a figure for each amount of work. */
function growth(settings: {
  readonly id: string;
  readonly work: string;
  readonly sizes: readonly number[];
  readonly figures: Readonly<Record<string, { readonly title: string; readonly unit: string }>>;
  readonly rounds: number;
  readonly measure: (contender: Contender, bench: Bench, size: number) => Promise<Record<string, number>>;
}): Scenario {
  const { id, work, sizes, figures, rounds, measure } = settings;
  const idOf = (size: number, name: string) => `growth.${id}.${name}.${size}`;
  return {
    id: `growth.${id}`,
    title: `Growth by ${work}`,
    measures: Object.entries(figures).flatMap(([name, { title, unit }]) =>
      sizes.map(
        (size): Measure => ({
          id: idOf(size, name),
          title: `${size.toLocaleString("en")} ${work}: ${title}`,
          unit,
          better: "lower",
          curve: { name: `growth.${id}.${name}`, title, work, size },
        }),
      ),
    ),
    others: [],
    rounds: { full: rounds, quick: 0 },
    async run(contender, bench) {
      const found = new Map<string, number>();
      for (const size of sizes) {
        const began = performance.now();
        for (const [name, value] of Object.entries(await measure(contender, bench, size))) {
          found.set(idOf(size, name), value);
        }
        // The next is ten times as much.
        if (performance.now() - began > LONGEST) break;
      }
      return Object.fromEntries(found);
    },
  };
}

/** What took longer is not tried with ten times the work, in milliseconds. */
const LONGEST = 60_000;

const CPU = { title: "CPU time of a delivery", unit: "ms" };
const MEMORY = { title: "memory at most", unit: "MiB" };

const events = growth({
  id: "events",
  work: "events in a delivery",
  sizes: [1, 10, 100, 1_000],
  figures: {
    cpu: CPU,
    memory: MEMORY,
    calls: { title: "tasks that are created when all match", unit: "calls" },
  },
  rounds: 3,
  async measure(contender, bench, size) {
    await bench.setStub();
    const server = await contender.start({ request: challengeRequest(), expect: 200 });
    try {
      const { port, pid } = server;
      // The small form, so that 1,000 of them fit into the longest body.
      const of = (eventType: string) => deliveryRequest(size, { eventType, size: "small" });
      const requests = Array.from({ length: 8 }, () => of(UNWANTED));
      const { cpu } = await bench.load({ port, pid, connections: 1, requests, expect: 204 });
      const memory = memoryOf(pid).most;
      await bench.burst({ port, requests: [of(SIGN_IN)] });
      const { tasks } = await bench.seen();
      return { cpu, memory, calls: tasks };
    } finally {
      await server.stop();
    }
  },
});

/** So many rules, as short as they can be: a variable of a process has no room for 1,000 longer ones. */
const shortRules = (count: number): Rule[] =>
  Array.from({ length: count }, (_, index) => ({
    groupId: `00g${index}`,
    on: [SIGN_IN],
    when: `event.actor.alternateId.endsWith("@${index}.example")`,
  }));

const rules = growth({
  id: "rules",
  work: "rules with a condition",
  sizes: [1, 10, 100, 1_000],
  figures: { cpu: { ...CPU, title: "CPU time of a delivery of 10 events" }, memory: MEMORY },
  rounds: 3,
  async measure(contender, bench, size) {
    await bench.setStub();
    const environment = { RULES: JSON.stringify(shortRules(size)) };
    const server = await contender.start({ request: challengeRequest(), expect: 200, environment });
    try {
      const { port, pid } = server;
      const requests = Array.from({ length: 8 }, () => deliveryRequest(10));
      const { cpu } = await bench.load({ port, pid, connections: 1, requests, expect: 204 });
      return { cpu, memory: memoryOf(pid).most };
    } finally {
      await server.stop();
    }
  },
});

const members = growth({
  id: "members",
  work: "members of a group",
  sizes: [1_000, 10_000, 100_000, 1_000_000],
  figures: {
    reading: { title: "time until all are known", unit: "s" },
    memory: { title: "memory that they add", unit: "MiB" },
    calls: { title: "pages of the list", unit: "calls" },
    cpu: { title: "CPU time of a task of a known member", unit: "ms" },
  },
  rounds: 1,
  async measure(contender, bench, size) {
    const { reading, memory, pages, cpu } = await measureGrant(contender, bench, size);
    return { reading, memory, calls: pages, cpu };
  },
});

const pages = growth({
  id: "pages",
  work: "pages of the System Log",
  sizes: [1, 10, 100, 1_000],
  figures: {
    time: { title: "time to read them", unit: "s" },
    memory: MEMORY,
    calls: { title: "pages that were asked for", unit: "calls" },
    writes: { title: "writes of the cursor", unit: "calls" },
  },
  rounds: 1,
  async measure(contender, bench, size) {
    await bench.setStub({ pages: size });
    const continuationQueue = QUEUE.replace("memberships", "continuations");
    const poll = postOf(JSON.stringify({ kind: "poll", continuationQueue }));
    const began = performance.now();
    // It reads on by itself for a while, and then by a task in the queue, which is not sent here.
    const server = await contender.start({ request: poll, expect: 200 }, "reconcile");
    try {
      for (let continued = 0; ; continued += 1) {
        const { tasks } = await bench.seen();
        if (tasks === continued) break;
        const { statuses } = await bench.burst({ port: server.port, requests: [poll] });
        if (statuses[0] !== 200) throw new Error(`A poll was answered by ${statuses[0]}.`);
      }
      const time = (performance.now() - began) / 1000;
      const { logPages, writes } = await bench.seen();
      if (logPages < size) throw new Error(`${logPages} of ${size} pages were read.`);
      return { time, memory: memoryOf(server.pid).most, calls: logPages, writes };
    } finally {
      await server.stop();
    }
  },
});

/** How what a function needs grows with its work. */
export const growths: readonly Scenario[] = [events, rules, members, pages];

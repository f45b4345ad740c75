import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isObject, parseJson } from "../../function/shared/json.ts";
import { createBench, type Scenario } from "./bench.ts";
import { type ContenderName, installContenders } from "./contenders.ts";
import { deliveryRequest } from "./deliveries.ts";
import { startHelper } from "./helper-process.ts";
import type { LoadResult } from "./load-client.ts";
import { describeMachine, type Pinning } from "./machine.ts";
import type { MeasureResult, Results } from "./results.ts";
import { createStarter } from "./server.ts";

const PACKAGES = [
  "@google-cloud/functions-framework",
  "undici",
  "express",
  "@okta/okta-sdk-nodejs",
  "@google-cloud/tasks",
];

/** What is to be measured. */
export interface RunOptions {
  readonly archives: Readonly<Record<string, string>>;
  readonly others: readonly ContenderName[];
  readonly scenarios: readonly Scenario[];
  readonly isQuick: boolean;
  readonly pinning: Pinning | undefined;
  /** As it was typed. */
  readonly command: string;
  readonly progress: (text: string) => void;
  /** How long the client shows what it can do at most, for each size of a delivery, in milliseconds; a second unless given. */
  readonly ceilingTakes?: number;
}

/** What came of a run. */
export interface Outcome {
  readonly results: Results;
  /** What has answered wrongly. */
  readonly faults: readonly string[];
}

/** Runs scenarios, contenders in turn. */
export async function measureAll(options: RunOptions): Promise<Outcome> {
  const { archives, others, scenarios, isQuick, pinning, command, progress, ceilingTakes = 1_000 } = options;
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-bench-"));
  using starter = await createStarter(folder, pinning);
  const helper = <Greeting>(name: string) => startHelper<Greeting>(join(import.meta.dirname, name));
  const client = await helper("load-client.ts");
  const stub = await helper<{ port: number; fastestPort: number; pid: number }>("stub.ts");
  try {
    progress("installing the contenders …");
    await using contenders = await installContenders(archives, others, starter, stub.greeting.port);
    let busiest = 0;
    const bench = createBench(client, stub, isQuick, (busy) => {
      busiest = Math.max(busiest, busy);
    });
    const ceiling: Record<string, number> = {};
    for (const events of [1, 10, 100]) {
      const { rate, busy } = await client.ask<LoadResult>({
        kind: "load",
        port: stub.greeting.fastestPort,
        pid: stub.greeting.pid,
        connections: 20,
        warmUp: 0.3 * ceilingTakes,
        duration: 0.7 * ceilingTakes,
        requests: [deliveryRequest(events)],
        expect: 204,
      });
      ceiling[events] = Math.round(rate / busy);
    }
    const measures: MeasureResult[] = [];
    const faults: string[] = [];
    for (const scenario of scenarios) {
      const taking = new Set(
        contenders.all.filter(({ name, isOurs }) => isOurs || scenario.others.includes(name)),
      );
      const values = new Map<string, Map<string, number[]>>();
      const rounds = isQuick ? scenario.rounds.quick : scenario.rounds.full;
      for (let round = 1; round <= rounds; round += 1) {
        progress(`${scenario.title}, round ${round} of ${rounds} …`);
        for (const contender of taking) {
          try {
            for (const [id, figure] of Object.entries(await scenario.run(contender, bench))) {
              const of = values.get(id) ?? new Map<string, number[]>();
              values.set(id, of.set(contender.name, [...(of.get(contender.name) ?? []), figure]));
            }
          } catch (error) {
            // What has answered wrongly has no figures; the others have.
            taking.delete(contender);
            for (const of of values.values()) of.delete(contender.name);
            faults.push(
              `${scenario.id}, ${contender.name}: ${error instanceof Error ? error.message : error}`,
            );
          }
        }
      }
      for (const measure of scenario.measures) {
        const of = values.get(measure.id);
        if (of === undefined) continue;
        measures.push({ ...measure, scenario: scenario.title, values: Object.fromEntries(of) });
      }
    }
    const results = {
      command,
      date: new Date().toISOString().slice(0, 10),
      machine: describeMachine(pinning),
      versions: await readVersions(),
      client: { ceiling, busiest },
      contenders: Object.fromEntries(contenders.all.map(({ name, title }) => [name, title])),
      measures,
    };
    return { results, faults };
  } finally {
    client.stop();
    stub.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function readVersions(): Promise<Record<string, string>> {
  const ofPackages = PACKAGES.map(async (name) => {
    const path = join(import.meta.dirname, "../../node_modules", name, "package.json");
    const manifest = parseJson(await readFile(path, "utf8"));
    return [name, isObject(manifest) ? String(manifest["version"]) : ""] as const;
  });
  return Object.fromEntries([["Node.js", process.versions.node], ...(await Promise.all(ofPackages))]);
}

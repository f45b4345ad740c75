import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { GoogleNotice } from "../../../sandbox/google/notices.ts";
import type { OktaNotice } from "../../../sandbox/okta/model/notices.ts";
import { type Canaries, createCanaries, learnPrivateKeys } from "./canaries.ts";
import { type TemporaryFiles, watchTemporaryFiles } from "./files.ts";
import { argumentPlaces, holders, readRecords, watchProcesses } from "./processes.ts";
import { recordSpawns } from "./record-spawns.ts";
import { type Finding, type Place, walk } from "./walk.ts";
import { tapWire } from "./wire.ts";

/** A run under watch: what must not be revealed, and all that is reported. */
export interface Watch {
  readonly canaries: Canaries;
  readonly files: TemporaryFiles;
  /** Takes what the clouds report. */
  observe(notice: OktaNotice | GoogleNotice): void;
  /** Takes what somebody can read. */
  note(name: string, content: Buffer | string): void;
  /** Ends the watch, once; the end of the test does so at the latest. */
  end(): Promise<Seen>;
}

/** What came of a run. */
export interface Seen {
  readonly places: readonly Place[];
  readonly findings: readonly Finding[];
  /** Which variables of which processes hold what. */
  readonly holders: readonly string[];
  /** The same of the processes that were met in /proc; a short-lived one may be missed there. */
  readonly holdersInProc: readonly string[];
  readonly processes: number;
  /** What is left in the temporary folder. */
  readonly left: readonly string[];
}

/** Watches all that this process and its children do. */
export async function startWatch(): Promise<Watch> {
  // Runtime of the folder that is watched: what is noted here holds secrets.
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-spawns-"));
  const record = join(folder, "spawns.jsonl");
  await writeFile(record, "", { mode: 0o600 });
  const canaries = createCanaries();
  const files = await watchTemporaryFiles();
  const endRecord = recordSpawns(record);
  const endProcesses = watchProcesses();
  const endKeys = learnPrivateKeys(canaries);
  const wire = tapWire(canaries);
  const noted: Place[] = [];
  let ended: Promise<Seen> | undefined;
  const end = () => (ended ??= finish());
  onTestFinished(async () => void (await end()));
  return {
    canaries,
    files,
    observe(notice) {
      const name = notice.kind === "function-log" ? "function logs" : "notices";
      noted.push({ name, content: JSON.stringify(notice) });
    },
    note: (name, content) => void noted.push({ name, content }),
    end,
  };

  async function finish(): Promise<Seen> {
    await files.look();
    const met = endProcesses();
    endRecord();
    endKeys();
    wire.close();
    const records = readRecords(record);
    // This process is the one that `npm start` is.
    const own = {
      file: "sandbox",
      words: process.argv,
      environment: Object.entries(process.env).map(([name, value]) => `${name}=${value}`),
    };
    const left = await files.left();
    const places = [...noted, ...files.places(), ...argumentPlaces([...records, ...met, own])];
    const inApis = wire.places();
    await files.close();
    await rm(folder, { recursive: true });
    const all = canaries.list();
    const credentials = all.filter(({ kind }) => kind !== "person");
    return {
      places: [...places, ...inApis],
      // An API of Okta's gives out people's names to who may read them.
      findings: [...walk(places, all), ...walk(inApis, credentials)],
      holders: holders([...records, own], canaries),
      holdersInProc: holders(met, canaries),
      processes: records.length + 1,
      left,
    };
  }
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Hosting } from "../../infra/settings.ts";
import type { Machine } from "./machine.ts";
import { spreadOf } from "./statistics.ts";
import { figure } from "./terminal.ts";

/** What a comparison of the hostings has given, as it is kept in bench/hostings.json. */
export interface HostingResults {
  readonly command: string;
  /** ISO 8601, the day. */
  readonly date: string;
  readonly machine: Machine;
  /** The version of Node.js. */
  readonly node: string;
  readonly measures: readonly HostingMeasure[];
}

/** One figure of both hostings. */
export interface HostingMeasure {
  readonly title: string;
  /** Empty for a count. */
  readonly unit: string;
  /** One value for each round. */
  readonly values: Readonly<Record<Hosting, readonly number[]>>;
}

/** The kept comparison, which docs/benchmarks.md is written from. */
export async function readHostingResults(): Promise<HostingResults> {
  const path = join(import.meta.dirname, "../hostings.json");
  // Only npm run bench:hostings -- --json writes it.
  return JSON.parse(await readFile(path, "utf8")) as HostingResults;
}

/** A figure and its unit, and its values with each hosting: a median with the least and the most, or a count. Nothing where none was measured. */
export function hostingRows({ measures }: HostingResults): (readonly [string, string, string])[] {
  return measures.map(({ title, unit, values }) => [
    unit === "" ? title : `${title} (${unit})`,
    shown(values.functions, unit),
    shown(values.service, unit),
  ]);
}

function shown(values: readonly number[], unit: string): string {
  if (values.length === 0) return "";
  if (unit === "") return String(values[0]);
  const { median, min, max } = spreadOf(values);
  return values.length === 1 ? figure(median) : `${figure(median)} (${figure(min)}–${figure(max)})`;
}

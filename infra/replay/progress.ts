import type { ReplayProgress } from "../../function/contract.ts";
import { isObject } from "../../function/json.ts";
import { amount, plural } from "./numbers.ts";
import { formatTime } from "./times.ts";

/** Reads what `reconcile` wrote. @returns undefined when it is no progress */
export function parseProgress(json: string): ReplayProgress | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isObject(value) || !isObject(value["counts"])) return undefined;
  const { state, dryRun, fault } = value;
  const { events, wanted, queued } = value["counts"];
  const since = time(value["since"]);
  const until = time(value["until"]);
  const reached = time(value["reached"]);
  if (state !== "running" && state !== "done" && state !== "failed") return undefined;
  if (since === undefined || until === undefined || reached === undefined) return undefined;
  if (typeof events !== "number" || typeof wanted !== "number" || typeof queued !== "number")
    return undefined;
  if (typeof dryRun !== "boolean") return undefined;
  const counts = { events, wanted, queued };
  return { state, since, until, dryRun, reached, counts, ...(typeof fault === "string" ? { fault } : {}) };
}

/** Where a replay is, in a line. */
export function describeProgress(progress: ReplayProgress | undefined): string {
  if (progress === undefined) return "  0 %  nothing has been read yet";
  const { dryRun, reached, counts } = progress;
  const found = [plural(counts.events, "event"), `${plural(counts.wanted, "membership")} wanted`];
  if (!dryRun) found.push(`${amount(counts.queued)} queued`);
  const percent = String(percentOf(progress)).padStart(3);
  return `${percent} %  up to ${formatTime(Date.parse(reached))}  ${found.join(", ")}`;
}

/** How much of the window has been read, in whole percent. */
function percentOf({ state, since, until, reached }: ReplayProgress): number {
  if (state === "done") return 100;
  const [from, to, at] = [Date.parse(since), Date.parse(until), Date.parse(reached)];
  if (!(to > from)) return 0;
  // Until it has ended, it is not whole.
  return Math.min(Math.max(Math.floor(((at - from) / (to - from)) * 100), 0), 99);
}

function time(value: unknown): string | undefined {
  return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

import { own } from "../../function/shared/json.ts";
import type { Goal } from "./bench.ts";
import type { MeasureResult, Results } from "./results.ts";
import { ratiosOf, spreadOf } from "./statistics.ts";

/** A number with three digits that say something, and thousands apart. */
export function figure(value: number): string {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en", {
    minimumFractionDigits: Math.min(digits, 3),
    maximumFractionDigits: Math.min(digits, 3),
  });
}

/** What a goal asks for, and whether the medians reach it. */
export function judge(
  measure: MeasureResult,
): { readonly text: string; readonly isMet: boolean } | undefined {
  const { goal, values, unit } = measure;
  const ours = values["ours"];
  if (goal === undefined || ours === undefined) return undefined;
  if (!("against" in goal)) {
    return { text: `≤ ${figure(goal.atMost)} ${unit}`, isMet: spreadOf(ours).median <= goal.atMost };
  }
  const theirs = own(values, goal.against);
  if (theirs === undefined) return undefined;
  const ratio = ratiosOf(ours, theirs).median;
  return { text: goalText(goal), isMet: "atMost" in goal ? ratio <= goal.atMost : ratio >= goal.atLeast };
}

function goalText(goal: Goal & { readonly against: string }): string {
  return "atMost" in goal ? `≤ ${goal.atMost} × ${goal.against}` : `≥ ${goal.atLeast} × ${goal.against}`;
}

/** The results for a person at a terminal. */
export function terminalTable(results: Results): string {
  const { machine, versions, client, contenders, measures } = results;
  const lines = [
    "",
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory} GiB, ${machine.system}; ${Object.entries(
      versions,
    )
      .map((pair) => pair.join(" "))
      .join(", ")}`,
    machine.pinned
      ? "The server has one core to itself; the load client and what stands in for Google and Okta share the rest."
      : "The processes are not pinned to cores.",
    `The load client needed at most ${Math.round(client.busiest * 100)} % of a core; in a second of CPU time it sends ${Object.entries(
      client.ceiling,
    )
      .map(([events, rate]) => `${figure(rate)}/s of ${events} events`)
      .join(", ")}.`,
  ];
  for (const measure of measures) {
    const { title, unit, values } = measure;
    const goal = judge(measure);
    lines.push(
      "",
      `${title} (${unit})${goal === undefined ? "" : `   goal ${goal.text}: ${goal.isMet ? "met" : "missed"}`}`,
    );
    const ours = values["ours"] ?? [];
    for (const [name, of] of Object.entries(values)) {
      const { median, min, max } = spreadOf(of);
      const ratio = name === "ours" ? "" : `ours is ${figure(ratiosOf(ours, of).median)} ×`;
      const spread = `${figure(min)} – ${figure(max)}`;
      lines.push(
        `  ${(own(contenders, name) ?? name).padEnd(46)}${figure(median).padStart(9)}   ${spread.padEnd(20)}${ratio}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

/** How the results differ from those of the last landing: ratios to bare where there is one, which another machine does not move as much. */
export function comparisonTable(now: Results, kept: Results): string {
  const lines = ["", `Against bench/results.json (${kept.date}, ${kept.machine.cpu}):`];
  for (const measure of now.measures) {
    const before = kept.measures.find(({ id }) => id === measure.id);
    const [one, other] = [measure, before].map((each) => relative(each));
    if (one === undefined || other === undefined) continue;
    const unit = one.isRatio ? "× bare" : measure.unit;
    if (one.isRatio !== other.isRatio) continue;
    lines.push(
      `  ${measure.title.padEnd(66)}${`${figure(other.value)} → ${figure(one.value)} ${unit}`.padEnd(30)}${figure(one.value / other.value)} ×`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function relative(measure: MeasureResult | undefined): { value: number; isRatio: boolean } | undefined {
  const ours = measure?.values["ours"];
  const bare = measure?.values["bare"];
  if (ours === undefined) return undefined;
  return bare === undefined
    ? { value: spreadOf(ours).median, isRatio: false }
    : { value: ratiosOf(ours, bare).median, isRatio: true };
}

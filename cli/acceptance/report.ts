import type { Consequence, Decision, EvidenceClass } from "../../sandbox/fidelity/decisions.ts";
import { plural } from "../screen.ts";
import type { Look } from "./look.ts";
import type { Progress, Seen, StepResult, Verdict } from "./progress.ts";
import type { Scrub } from "./scrub.ts";
import { type StepName, steps } from "./steps.ts";

/** A row of docs/fidelity.md, with what the round says of it. */
export interface ReportRow extends Omit<Seen, "begins"> {
  readonly decision: string;
  readonly evidence: EvidenceClass;
  readonly consequence: Consequence;
}

/** What a round found, without secrets, ids of people and names. `--json` prints it. */
export interface Report {
  readonly version: 1;
  readonly from: "real clouds" | "sandbox";
  readonly hosting: "functions" | "service";
  /** The version of this project. */
  readonly project: string;
  readonly startedAt: string;
  readonly exitCode: number;
  readonly steps: readonly (StepResult & { readonly name: StepName })[];
  readonly rows: readonly ReportRow[];
  readonly counts: Readonly<Record<Verdict | "not touched", number>>;
}

/** The worst first: it counts when looks differ. */
const verdicts: readonly Verdict[] = ["refuted", "confirmed", "not seen"];

/** Finds the decision that a look names. @throws Error when there is not exactly one */
export function findDecision(decisions: readonly Decision[], file: string, begins: string): Decision {
  const found = decisions.filter((one) => one.file === file && one.statement.startsWith(begins));
  const [decision] = found;
  if (decision !== undefined && found.length === 1) return decision;
  throw new Error(`${file} has ${found.length} decisions that begin with "${begins}", not one.`);
}

/** Every decision that a look may see, once. */
export function decisionsOf(looks: readonly Look[], decisions: readonly Decision[]): readonly Decision[] {
  return [
    ...new Set(
      looks.flatMap((look) =>
        look.decisions.map(([file, begins]) => findDecision(decisions, `sandbox/${file}`, begins)),
      ),
    ),
  ];
}

/** Makes the report of what has been done so far. */
export function makeReport(
  progress: Progress,
  decisions: readonly Decision[],
  { scrub, ...about }: Pick<Report, "from" | "hosting" | "project" | "exitCode"> & { readonly scrub: Scrub },
): Report {
  const rows = new Map<Decision, ReportRow>();
  for (const seen of Object.values(progress.looks).flat()) {
    const decision = findDecision(decisions, seen.file, seen.begins);
    const { statement, evidence, consequence } = decision;
    const { begins: _, ...rest } = seen;
    const row = { ...rest, decision: statement, evidence, consequence, seen: scrub(seen.seen) };
    const other = rows.get(decision);
    if (other === undefined || verdicts.indexOf(row.verdict) < verdicts.indexOf(other.verdict)) {
      rows.set(decision, row);
    }
  }
  const sorted = [...rows.values()].sort(
    (one, other) => verdicts.indexOf(one.verdict) - verdicts.indexOf(other.verdict),
  );
  const count = (verdict: Verdict) => sorted.filter((row) => row.verdict === verdict).length;
  return {
    version: 1,
    ...about,
    startedAt: progress.startedAt,
    steps: steps.flatMap(({ name }) => {
      const result = progress.steps[name];
      return result === undefined ? [] : [{ name, ...result, notes: result.notes.map(scrub) }];
    }),
    rows: sorted,
    counts: {
      confirmed: count("confirmed"),
      refuted: count("refuted"),
      "not seen": count("not seen"),
      "not touched": decisions.length - sorted.length,
    },
  };
}

/** The counts in a sentence. */
export function summaryOf({ counts }: Report): string {
  const touched = counts.confirmed + counts.refuted + counts["not seen"];
  return `${plural(touched, "row")} of docs/fidelity.md: ${counts.confirmed} confirmed, ${counts.refuted} refuted, ${counts["not seen"]} not seen. ${counts["not touched"]} were not touched.`;
}

/** The report for people, in Markdown. */
export function renderReport(report: Report): string {
  const { from, hosting, project, startedAt, rows } = report;
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");
  return `${[
    "# Acceptance",
    "",
    `signin-groups ${project}, hosting: ${hosting}, against ${from === "sandbox" ? "the sandbox" : "the real clouds"}, begun at ${startedAt}.`,
    "Secrets, ids of people and names are replaced.",
    "",
    "| step | how it ended | seconds | what it found |",
    "|---|---|---|---|",
    ...report.steps.map(
      ({ name, state, seconds, notes }) =>
        `| ${name} | ${state} | ${seconds} | ${notes.map(cell).join("<br>")} |`,
    ),
    "",
    summaryOf(report),
    "",
    ...verdicts.flatMap((verdict) => {
      const own = rows.filter((row) => row.verdict === verdict);
      if (own.length === 0) return [];
      return [
        `## ${verdict.charAt(0).toUpperCase()}${verdict.slice(1)}`,
        "",
        "| decision | evidence so far | what breaks | expected | seen | file |",
        "|---|---|---|---|---|---|",
        ...own.map(({ decision, evidence, consequence, expected, seen, file }) => {
          const cells = [decision, evidence, consequence, expected, seen].map(cell);
          return `| ${cells.join(" | ")} | ${file} |`;
        }),
        "",
      ];
    }),
  ]
    .join("\n")
    .trimEnd()}\n`;
}

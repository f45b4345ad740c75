import { appendFileSync } from "node:fs";

/** Names the file in which tests note their figures; without it nothing is noted. */
const FILE_VARIABLE = "SECURITY_FIGURES";

/** Notes a figure of this run. Figures of one name are added up when the run has ended. */
export function recordFigure(name: string, value: number): void {
  const file = process.env[FILE_VARIABLE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, value })}\n`);
}

/** Has the tests of this run note their figures in this file. */
export function noteFiguresIn(file: string): void {
  process.env[FILE_VARIABLE] = file;
}

/** All figures of a run in one line, such as `cases: 180, grants ablated: 41`; empty when there are none. */
export function figuresLine(notes: string): string {
  const totals = new Map<string, number>();
  for (const note of notes.split("\n").filter((line) => line !== "")) {
    const { name, value }: { name: string; value: number } = JSON.parse(note);
    totals.set(name, (totals.get(name) ?? 0) + value);
  }
  return [...totals]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, value]) => `${name}: ${value.toLocaleString("en")}`)
    .join(", ");
}

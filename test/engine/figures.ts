import { appendFile, readFile } from "node:fs/promises";
import type { Operations } from "../../cli/engine-log.ts";

/** Names the file in which test processes note what they ran. */
const FILE_VARIABLE = "SIGNIN_GROUPS_FIGURES";

/** One run of the engine. */
interface Figure {
  readonly test: string;
  /** Such as `up`. */
  readonly step: string;
  readonly operations: Operations;
  readonly seconds: number;
  /** The CLI's exit code; null when it was killed. */
  readonly code: number | null;
}

/** Where the processes of this test run, which inherit the variable, note their figures. */
export function noteFiguresIn(file: string): void {
  process.env[FILE_VARIABLE] = file;
}

/** Notes one run. */
export async function noteFigure(figure: Figure): Promise<void> {
  const file = process.env[FILE_VARIABLE];
  if (file !== undefined) await appendFile(file, `${JSON.stringify(figure)}\n`);
}

/** All that was noted, as a table; nothing when nothing was. */
export async function figuresTable(file: string): Promise<string> {
  const lines = (await readFile(file, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
  if (lines.length === 0) return "";
  // Each line was written above.
  const figures = lines.map((line) => JSON.parse(line) as Figure);
  // Test files run at the same time; the runs of one belong together.
  const suite = ({ test }: Figure) => test.split(" > ")[0] ?? "";
  figures.sort((one, other) => suite(one).localeCompare(suite(other)));
  const rows = figures.map(({ test, step, operations, seconds, code }) => [
    test.split(" > ").at(-1)?.slice(0, 72) ?? "",
    step,
    ...[operations.create, operations.update, operations.replace, operations.delete].map(({ length }) =>
      String(length),
    ),
    String(operations.same),
    seconds.toFixed(1),
    code === 0 ? "" : `exit ${code ?? "killed"}`,
  ]);
  const heads = ["test", "step", "create", "update", "replace", "delete", "same", "seconds", ""];
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const format = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [heads, ...rows].map(format).join("\n");
}

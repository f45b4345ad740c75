import { appendFileSync } from "node:fs";

/** Names the file in which tests note their figures; without it nothing is noted. */
const FILE_VARIABLE = "TRUST_FIGURES";

/** Notes a figure of this run. Figures of one name are added up when the run has ended. */
export function recordFigure(name: string, value: number): void {
  const file = process.env[FILE_VARIABLE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, value })}\n`);
}

import { appendFileSync } from "node:fs";

/** The variable that names the file for figures, from the run to its workers. */
export const figureFileVariable = "BROWSER_FIGURES";

/** Notes a figure for the end of the run. A figure fails no test: machines differ. */
export function noteFigure(name: string, value: string): void {
  const file = process.env[figureFileVariable];
  if (file !== undefined) appendFileSync(file, `  ${name.padEnd(64)} ${value}\n`);
}

/** What a comment or an issue says of one run of Pulumi. */
export interface Report {
  /** Names the comment or issue, so that the next run finds it again. */
  readonly marker: string;
  readonly heading: string;
  /** One line on how it went. */
  readonly verdict: string;
  /** What Pulumi printed. */
  readonly output: string;
  /** Whether the output is shown at once. */
  readonly open: boolean;
  /** Where it comes from. */
  readonly origin: string;
  readonly runUrl: string;
}

/** GitHub takes no longer comment or issue. */
export const MAXIMUM_LENGTH = 65_536;

/** What of an output that is cut is kept of its end, where Pulumi puts errors and the summary. */
const KEPT_END = 16_000;

/** A fence that nothing in the text ends, since longer runs in it are shortened (CommonMark, "Fenced code blocks"). */
const FENCE = "`".repeat(8);

/** The comment or issue in Markdown, cut in the middle to what GitHub takes. */
export function renderReport(report: Report): string {
  const summary = summaryOf(report.output);
  const frame = (text: string, note: string) => {
    return [
      report.marker,
      `### ${report.heading}`,
      "",
      report.verdict,
      ...(summary === "" ? [] : ["", summary]),
      "",
      `<details${report.open ? " open" : ""}><summary>What Pulumi says</summary>`,
      "",
      `${FENCE}diff`,
      text,
      FENCE,
      "",
      "</details>",
      "",
      `<sub>${report.origin}, [run](${report.runUrl})${note}</sub>`,
    ].join("\n");
  };
  const text = report.output.trimEnd().replaceAll(/`{8,}/g, "`".repeat(7));
  const whole = frame(text, "");
  if (whole.length <= MAXIMUM_LENGTH) return whole;

  const note = `; cut in the middle to GitHub's limit of ${MAXIMUM_LENGTH} characters, the run has all of it`;
  const gap = "\n\n… cut here …\n\n";
  const frameLength = frame("", note).length;
  const end = wellFormed(text.slice(-KEPT_END));
  const start = wellFormed(text.slice(0, MAXIMUM_LENGTH - frameLength - gap.length - end.length));
  return frame(start + gap + end, note);
}

/** More kinds of change than Pulumi counts; a program may print lines that look like more. */
const MAXIMUM_COUNTS = 12;

/** The counts under "Resources:", in one line. */
export function summaryOf(output: string): string {
  const lines = output.split("\n");
  const begin = lines.lastIndexOf("Resources:");
  if (begin < 0) return "";
  const counts: string[] = [];
  for (const line of lines.slice(begin + 1)) {
    if (!/^\s+\S/.test(line) || counts.length === MAXIMUM_COUNTS) break;
    counts.push(line.trim().slice(0, 100));
  }
  return counts.map((count) => `\`${count}\``).join(" · ");
}

/** Without half of a surrogate pair at either end. */
function wellFormed(text: string): string {
  return text.replace(/^[\uDC00-\uDFFF]/, "").replace(/[\uD800-\uDBFF]$/, "");
}

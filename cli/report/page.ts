import { objectives } from "../../infra/operations/objectives.ts";
import { amount } from "../screen.ts";
import type { Figures, Report } from "./collect.ts";
import { countIn, percent, seconds } from "./table.ts";

/** The size of a chart, and of what is around its bars. */
const WIDTH = 720;
const HEIGHT = 200;
const LEFT = 60;
const BOTTOM = 24;
const TOP = 10;

const STYLE = `
  :root { color-scheme: light dark; --ground: #ffffff; --text: #1f2328; --quiet: #59636e; --line: #d0d7de; --one: #0969da; --two: #bc4c00; --three: #1a7f37; --bad: #cf222e; }
  @media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --text: #f0f6fc; --quiet: #9198a1; --line: #3d444d; --one: #4493f8; --two: #f0883e; --three: #3fb950; --bad: #f85149; } }
  body { background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; max-width: 760px; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; } th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid var(--line); } th:first-child, td:first-child { text-align: left; }
  svg { width: 100%; height: auto; } text { fill: var(--quiet); font-size: 12px; } .axis { stroke: var(--line); } .quiet { color: var(--quiet); }
  .one { fill: var(--one); } .two { fill: var(--two); } .three { fill: var(--three); } .bad { fill: var(--bad); }
  .key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin: 0 .3em 0 1em; } .key.one { background: var(--one); } .key.two { background: var(--two); } .key.three { background: var(--three); }
`;

type Day = Report["days"][number];

/** One of the values that a day's bar is made of, from the bottom. */
interface Part {
  readonly name: string;
  readonly colour: "one" | "two" | "three" | "bad";
  readonly of: (day: Day) => number;
}

/** The report as a page of its own: no scripts, nothing from elsewhere, light or dark as the reader's system is. */
export function renderPage(report: Report, stack: string): string {
  const { since, until, total, days, groups, failures, faults } = report;
  const title = `Sign-ins to memberships: ${stack}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="quiet">${escapeHtml(since.slice(0, 10))} to ${escapeHtml(until.slice(0, 10))}, in UTC</p>
${table(["", "count"], summary(total))}
<h2>Sign-ins that became memberships, by how they were found</h2>
${chart(days, [
  { name: "Okta delivered it", colour: "one", of: ({ bySource }) => countIn(bySource, "hook") },
  { name: "reconcile found it", colour: "two", of: ({ bySource }) => countIn(bySource, "reconcile") },
  { name: "a replay found it", colour: "three", of: ({ bySource }) => countIn(bySource, "replay") },
])}
<h2>From the sign-in to the membership: seconds, 95 %</h2>
<p>${escapeHtml(describeDelay(total))}</p>
${chart(days, [{ name: "95 %", colour: "one", of: ({ delay }) => delay?.p95 ?? 0 }])}
<h2>Failures</h2>
${chart(days, [{ name: "failures", colour: "bad", of: (day) => day.failures }])}
${table(
  ["what failed", "count"],
  failures.map(({ name, count }) => [name, amount(count)]),
)}
${table(
  ["fault for an administrator", "entries"],
  faults.map(({ name, count }) => [name, amount(count)]),
)}
<h2>Groups</h2>
${table(
  ["group", "added", "known"],
  groups.map(({ group, added, known }) => [group, amount(added), amount(known)]),
)}
<h2>Days</h2>
${table(["day", "sign-ins", "added", "reconcile", "failures", "50 %", "95 %", "99 %"], days.map(dayRow))}
</body>
</html>
`;
}

function summary(total: Figures): readonly (readonly string[])[] {
  return [
    ["sign-ins that rules name", amount(total.signIns)],
    ["memberships added", amount(total.added)],
    ["of people who were members already", amount(total.known)],
    ["found by reconcile, not delivered by Okta", amount(countIn(total.bySource, "reconcile"))],
    ["found by replays", amount(countIn(total.bySource, "replay"))],
    ["failures", amount(total.failures)],
  ];
}

function describeDelay({ delay }: Figures): string {
  if (delay === undefined) return "Nothing to measure.";
  const { p50, p95, p99, longest, inTime } = delay;
  return `50 %: ${seconds(p50)}, 95 %: ${seconds(p95)}, 99 %: ${seconds(p99)}, longest: ${seconds(longest)}. Within 5 minutes: ${percent(inTime)}; the objective is ${objectives.memberships.goal * 100} %. Replays do not count.`;
}

function dayRow({ day, signIns, added, bySource, failures, delay }: Day): readonly string[] {
  const delays = delay === undefined ? ["–", "–", "–"] : [delay.p50, delay.p95, delay.p99].map(seconds);
  return [day, ...[signIns, added, countIn(bySource, "reconcile"), failures].map(amount), ...delays];
}

/** Nothing when there are no rows. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>\n${[line("th", heads), ...rows.map((row) => line("td", row))].join("\n")}\n</table>`;
}

/** A bar for each day; each part has its number as a tooltip. */
function chart(days: readonly Day[], parts: readonly Part[]): string {
  const most = Math.max(...days.map((day) => parts.reduce((sum, part) => sum + part.of(day), 0)), 0);
  if (most === 0) return `<p class="quiet">None.</p>`;
  const step = (WIDTH - LEFT) / days.length;
  const high = HEIGHT - BOTTOM - TOP;
  const bars = days.flatMap((day, index) => {
    let base = HEIGHT - BOTTOM;
    return parts.map(({ name, colour, of }) => {
      const value = of(day);
      const height = round((value / most) * high);
      base -= height;
      const place = `x="${round(LEFT + index * step + step * 0.1)}" y="${round(base)}" width="${round(step * 0.8)}" height="${height}"`;
      const said = `${day.day}, ${name}: ${amount(value)}`;
      return `<rect class="${colour}" ${place}><title>${escapeHtml(said)}</title></rect>`;
    });
  });
  const [first, last] = [days[0]?.day ?? "", days.at(-1)?.day ?? ""];
  const legend = parts.map(({ name, colour }) => `<span class="key ${colour}"></span>${escapeHtml(name)}`);
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(parts.map(({ name }) => name).join(", "))}, by day">
<line class="axis" x1="${LEFT}" x2="${WIDTH}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"/>
<text x="${LEFT - 6}" y="${TOP + 10}" text-anchor="end">${amount(most)}</text>
<text x="${LEFT - 6}" y="${HEIGHT - BOTTOM}" text-anchor="end">0</text>
<text x="${LEFT}" y="${HEIGHT - 8}">${escapeHtml(first)}</text>
<text x="${WIDTH}" y="${HEIGHT - 8}" text-anchor="end">${escapeHtml(last)}</text>
${bars.join("\n")}
</svg>${parts.length > 1 ? `\n<p>${legend.join("")}</p>` : ""}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

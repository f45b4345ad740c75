/** Charts as SVG: on a ground of their own, light or dark as the reader's system is, and narrow enough for a telephone. */

const WIDTH = 480;
const MARGIN = 16;
const COLOURS = ["ours", "second", "third", "fourth"] as const;

const STYLE = `<style>
  .ground { fill: #ffffff; stroke: #d0d7de; } text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; } .quiet { fill: #59636e; font-size: 12px; } .end { text-anchor: end; } .middle { text-anchor: middle; }
  .bar { fill: #afb8c1; } .bar.ours { fill: #0969da; } .spread { stroke: #59636e; stroke-width: 1.5; } .axis { stroke: #d0d7de; }
  .line { fill: none; stroke-width: 2.5; } .line.ours { stroke: #0969da; } .line.second { stroke: #bc4c00; } .line.third { stroke: #1a7f37; } .line.fourth { stroke: #8250df; }
  .point.ours { fill: #0969da; } .point.second { fill: #bc4c00; } .point.third { fill: #1a7f37; } .point.fourth { fill: #8250df; }
  .limit { stroke: #59636e; stroke-dasharray: 5 4; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; stroke: #3d444d; } text { fill: #f0f6fc; } .quiet { fill: #9198a1; } .bar { fill: #656c76; } .bar.ours { fill: #4493f8; }
    .spread { stroke: #9198a1; } .axis { stroke: #3d444d; } .limit { stroke: #9198a1; }
    .line.ours { stroke: #4493f8; } .line.second { stroke: #f0883e; } .line.third { stroke: #3fb950; } .line.fourth { stroke: #ab7df8; }
    .point.ours { fill: #4493f8; } .point.second { fill: #f0883e; } .point.third { fill: #3fb950; } .point.fourth { fill: #ab7df8; }
  }
</style>`;

/** One bar of a chart. */
export interface Bar {
  readonly label: string;
  readonly isOurs: boolean;
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

/** Bars below each other, each with its label and its figure above it, and a thin line from the least to the most. */
export function barChart(settings: {
  readonly title: string;
  readonly note: string;
  readonly bars: readonly Bar[];
  /** A figure with its unit. */
  readonly show: (value: number) => string;
}): string {
  const { title, note, bars, show } = settings;
  const longest = Math.max(...bars.map(({ max }) => max));
  const across = WIDTH - 2 * MARGIN;
  const lengthOf = (value: number) => round((value / longest) * across);
  const rows = bars.map(({ label, isOurs, value, min, max }, index) => {
    const y = 66 + index * 42;
    return [
      `<text x="${MARGIN}" y="${y}">${escapeXml(label)}</text>`,
      `<text x="${WIDTH - MARGIN}" y="${y}" class="end">${escapeXml(show(value))}</text>`,
      `<rect class="bar${isOurs ? " ours" : ""}" x="${MARGIN}" y="${y + 6}" width="${lengthOf(value)}" height="14" rx="2"/>`,
      `<line class="spread" x1="${MARGIN + lengthOf(min)}" x2="${MARGIN + lengthOf(max)}" y1="${y + 13}" y2="${y + 13}"/>`,
    ].join("\n");
  });
  return frame(title, note, 66 + bars.length * 42, rows);
}

/** One line of a chart. */
export interface Curve {
  readonly label: string;
  readonly points: readonly { readonly work: number; readonly cost: number }[];
}

/**
 * Lines over the amount of work, both in powers of ten, as multiples of the first point. What stays below the dashed diagonal
 * grows more slowly than its work.
 */
export function growthChart(settings: {
  readonly title: string;
  readonly note: string;
  readonly curves: readonly Curve[];
}): string {
  const { title, note, curves } = settings;
  const works = curves.flatMap(({ points }) => points.map(({ work }) => work));
  const [least, most] = [Math.min(...works), Math.max(...works)];
  const powers = Math.max(1, Math.log10(most / least));
  const [left, right, top, bottom] = [68, WIDTH - MARGIN, 66, 286];
  const x = (work: number) => round(left + (Math.log10(work / least) / powers) * (right - left));
  const lowest = 0.25;
  const y = (times: number) => {
    const part = Math.log10(Math.max(lowest, times) / lowest) / (powers - Math.log10(lowest));
    return round(bottom - Math.min(1, part) * (bottom - top));
  };
  const rows: string[] = [];
  for (let power = 0; power <= powers; power += 1) {
    const times = 10 ** power;
    rows.push(`<line class="axis" x1="${left}" x2="${right}" y1="${y(times)}" y2="${y(times)}"/>`);
    rows.push(
      `<text class="quiet end" x="${left - 6}" y="${y(times) + 4}">× ${times.toLocaleString("en")}</text>`,
    );
    const anchor = power === powers ? "end" : "middle";
    rows.push(
      `<text class="quiet ${anchor}" x="${x(least * times)}" y="${bottom + 18}">${(least * times).toLocaleString("en")}</text>`,
    );
  }
  rows.push(`<line class="limit" x1="${x(least)}" y1="${y(1)}" x2="${x(most)}" y2="${y(most / least)}"/>`);
  for (const [index, { label, points }] of curves.entries()) {
    const colour = COLOURS[index % COLOURS.length];
    const first = points[0]?.cost ?? 1;
    const places = points.map(({ work, cost }) => ({ at: x(work), times: y(cost / first) }));
    rows.push(
      `<polyline class="line ${colour}" points="${places.map(({ at, times }) => `${at},${times}`).join(" ")}"/>`,
    );
    for (const { at, times } of places)
      rows.push(`<circle class="point ${colour}" cx="${at}" cy="${times}" r="4"/>`);
    const line = bottom + 44 + index * 22;
    rows.push(`<circle class="point ${colour}" cx="${MARGIN + 5}" cy="${line - 4}" r="5"/>`);
    rows.push(`<text x="${MARGIN + 18}" y="${line}">${escapeXml(label)}</text>`);
  }
  return frame(title, note, bottom + 50 + curves.length * 22, rows);
}

function frame(title: string, note: string, height: number, rows: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(title)}">`,
    STYLE,
    `<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>`,
    `<text class="title" x="${MARGIN}" y="26">${escapeXml(title)}</text>`,
    `<text class="quiet" x="${MARGIN}" y="44">${escapeXml(note)}</text>`,
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

import { alertNamesOf } from "./alerts.ts";
import { type Dashboard, type DataSet, dashboardOf, type Tile } from "./dashboard.ts";

/** Pixels of a column and of a row of Google's mosaic, and around a tile. */
const COLUMN = 20;
const ROW = 9;
const GAP = 4;

/** Where the curves are within a tile. */
const HEAD = 30;
const FOOT = 26;
const SIDE = 12;

/** Points of an invented curve: a day. */
const POINTS = 25;

const COLOURS = ["first", "second", "third"] as const;

const STYLE = `<style>
  .page { fill: #f6f8fa; } .tile { fill: #ffffff; stroke: #d0d7de; } .axis { stroke: #d0d7de; }
  text { font: 11px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; } .name { font-size: 16px; font-weight: 600; } .quiet { fill: #59636e; }
  .line { fill: none; stroke-width: 1.5; } .line.first { stroke: #0969da; } .line.second { stroke: #bc4c00; } .line.third { stroke: #1a7f37; }
  .bar.first, .mark.first { fill: #0969da; } .mark.second { fill: #bc4c00; } .mark.third { fill: #1a7f37; } .limit { stroke: #cf222e; stroke-dasharray: 5 4; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #010409; } .tile { fill: #0d1117; stroke: #3d444d; } .axis { stroke: #3d444d; } text { fill: #f0f6fc; } .quiet { fill: #9198a1; }
    .line.first { stroke: #4493f8; } .line.second { stroke: #f0883e; } .line.third { stroke: #3fb950; }
    .bar.first, .mark.first { fill: #4493f8; } .mark.second { fill: #f0883e; } .mark.third { fill: #3fb950; } .limit { stroke: #f85149; }
  }
</style>`;

/** A drawing of the dashboard as SVG, from the JSON that Google gets; its curves are invented. */
export function drawDashboard(): string {
  const dashboard: Dashboard = dashboardOf(
    "signin-groups (dev)",
    alertNamesOf((name) => name),
  );
  const { columns, tiles } = dashboard.mosaicLayout;
  const width = columns * COLUMN;
  const top = 40;
  const height = top + Math.max(...tiles.map(({ yPos = 0, height: rows }) => (yPos + rows) * ROW));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The dashboard">`,
    STYLE,
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<text class="name" x="${SIDE}" y="26">${escapeXml(dashboard.displayName)}</text>`,
    ...tiles.map((tile) => drawTile(tile, top)),
    "</svg>",
    "",
  ].join("\n");
}

function drawTile({ xPos = 0, yPos = 0, width, height, widget }: Tile, top: number): string {
  const [w, h] = [width * COLUMN - 2 * GAP, height * ROW - 2 * GAP];
  const { title, xyChart } = widget;
  const { dataSets, thresholds = [] } = xyChart;
  const bottom = h - FOOT;
  return [
    `<g transform="translate(${xPos * COLUMN + GAP} ${top + yPos * ROW + GAP})">`,
    `<rect class="tile" width="${w}" height="${h}" rx="6"/>`,
    `<text x="${SIDE}" y="19">${escapeXml(title)}</text>`,
    `<line class="axis" x1="${SIDE}" x2="${w - SIDE}" y1="${bottom}" y2="${bottom}"/>`,
    ...dataSets.map((set, index) => drawCurve(set, { title, index, of: dataSets.length, width: w, bottom })),
    ...thresholds.map(
      ({ value }) =>
        `<line class="limit" x1="${SIDE}" x2="${w - SIDE}" y1="${HEAD + 6}" y2="${HEAD + 6}"/><text class="quiet" x="${w - SIDE - 40}" y="${HEAD + 3}">${value}</text>`,
    ),
    ...drawLegend(dataSets, h),
    "</g>",
  ].join("\n");
}

function drawCurve(
  { plotType }: DataSet,
  {
    title,
    index,
    of,
    width,
    bottom,
  }: { title: string; index: number; of: number; width: number; bottom: number },
): string {
  const step = (width - 2 * SIDE) / POINTS;
  const values = curve(`${title} ${index}`);
  // Higher percentiles are above lower ones.
  const most = of === 1 ? 0.9 : 0.45 + 0.2 * index;
  const y = (value: number) => round(bottom - (bottom - HEAD - 14) * value * most);
  if (plotType === "STACKED_BAR") {
    const bars = values.map((value, at) => {
      const barTop = y(value);
      return `<rect class="bar first" x="${round(SIDE + at * step + 1)}" y="${barTop}" width="${round(step - 2)}" height="${round(bottom - barTop)}"/>`;
    });
    return bars.join("\n");
  }
  const points = values.map((value, at) => `${round(SIDE + (at + 0.5) * step)},${y(value)}`);
  return `<polyline class="line ${COLOURS[index % COLOURS.length]}" points="${points.join(" ")}"/>`;
}

/** The names of the lines, or what they are divided by. */
function drawLegend(dataSets: readonly DataSet[], height: number): readonly string[] {
  return dataSets.flatMap(({ legendTemplate, timeSeriesQuery }, index) => {
    const [divided] = timeSeriesQuery.timeSeriesFilter.aggregation.groupByFields ?? [];
    const label = legendTemplate ?? divided?.replace(/^metric\.label\./, "by ");
    if (label === undefined) return [];
    const x = SIDE + index * 90;
    return [
      `<circle class="mark ${COLOURS[index % COLOURS.length]}" cx="${x + 4}" cy="${height - 12}" r="4"/><text class="quiet" x="${x + 13}" y="${height - 8}">${escapeXml(label)}</text>`,
    ];
  });
}

/** Values from 0 to 1, the same for the same name: people sign in by day. */
function curve(name: string): readonly number[] {
  let state = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2_147_483_647, 7);
  return Array.from({ length: POINTS }, (_, index) => {
    state = (state * 48_271) % 2_147_483_647;
    const day = Math.sin((index / (POINTS - 1)) * Math.PI) ** 2;
    return 0.15 + 0.6 * day + 0.25 * (state / 2_147_483_647);
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

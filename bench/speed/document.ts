import { own } from "../../function/shared/json.ts";
import { type Bar, barChart, type Curve, growthChart } from "./chart.ts";
import { type HostingResults, hostingRows } from "./hostings.ts";
import type { MeasureResult, Results } from "./results.ts";
import { exponentOf, ratiosOf, spreadOf } from "./statistics.ts";
import { figure, judge } from "./terminal.ts";

/** The part of docs/benchmarks.md that results make, and its charts. */
export interface Document {
  readonly section: string;
  /** By their names in docs/benchmarks. */
  readonly charts: Readonly<Record<string, string>>;
}

/** The lines of docs/benchmarks.md between which stands what is written from a file. */
export function linesFor(file: "results.json" | "hostings.json"): {
  readonly begin: string;
  readonly end: string;
} {
  return {
    begin: `<!-- From bench/${file} by npm run bench:document -- --write: -->`,
    end: `<!-- The end of what is written from bench/${file}. -->`,
  };
}

/** Puts what was written from a file into the document. @throws Error when the document has no place for it */
export function insertSection(
  document: string,
  file: Parameters<typeof linesFor>[0],
  section: string,
): string {
  const lines = linesFor(file);
  const [begin, end] = [document.indexOf(lines.begin), document.indexOf(lines.end)];
  if (begin < 0 || end < begin)
    throw new Error(`docs/benchmarks.md must have the lines\n${lines.begin}\n${lines.end}`);
  return `${document.slice(0, begin + lines.begin.length)}\n\n${section}\n${document.slice(end)}`;
}

/** Writes results for a reader. */
export function writeDocument(results: Results): Document {
  const { measures } = results;
  const plain = measures.filter(({ curve }) => curve === undefined);
  const curves = curvesOf(measures);
  const bars = plain.filter(
    ({ id, values }) => /^start\.|\.rate$/.test(id) && Object.keys(values).length > 1,
  );
  const growthNames = [...new Set(curves.map(({ work }) => work))];
  const charts = {
    ...Object.fromEntries(
      bars
        .filter(({ id }) => !id.endsWith(".cpu"))
        .map((measure) => [`${fileOf(measure.id)}.svg`, drawBars(measure, results)]),
    ),
    ...Object.fromEntries(
      growthNames.map((work) => [`${fileOf(`growth.${idOf(curves, work)}`)}.svg`, drawGrowth(work, curves)]),
    ),
  };
  const image = (name: string, title: string) => `![${title}](benchmarks/${name})`;
  const section = [
    described(results),
    "### Goals",
    goals(plain, results),
    "### All figures",
    "Medians, and from the least to the most in brackets.",
    ...figures(plain, results),
    "### Charts",
    ...bars
      .filter(({ id }) => !id.endsWith(".cpu"))
      .map(({ id, title }) => image(`${fileOf(id)}.svg`, title)),
    ...(curves.length === 0
      ? []
      : [
          "### Growth",
          ...growthSection(curves),
          ...growthNames.map((work) =>
            image(`${fileOf(`growth.${idOf(curves, work)}`)}.svg`, `Growth by ${work}`),
          ),
        ]),
  ];
  return { section: `${section.join("\n\n")}\n`, charts };
}

/** Writes a comparison of the hostings for a reader. */
export function writeHostings(results: HostingResults): string {
  const { command, date, machine, node } = results;
  const section = [
    ["```", command, "```"].join("\n"),
    `${date}, ${machine.cpu}, ${machine.cores} cores, ${machine.memory} GiB, ${machine.system}, Node.js ${node}. Medians, and from the least to the most in brackets.`,
    table(["measure", "`functions`", "`service`"], hostingRows(results)),
  ];
  return `${section.join("\n\n")}\n`;
}

function described({ command, date, machine, versions, client, contenders }: Results): string {
  const pinned = machine.pinned
    ? "The server has one core to itself, as an instance with one vCPU has; the load client and the stub that stands in for Google and Okta share the others."
    : "Processes are not pinned to cores.";
  const ceiling = Object.entries(client.ceiling)
    .map(([events, rate]) => `${figure(rate)} deliveries of ${events} ${events === "1" ? "event" : "events"}`)
    .join(", ");
  return [
    "```",
    command,
    "```",
    "",
    `${date}, ${machine.cpu}, ${machine.cores} cores, ${machine.memory} GiB, ${machine.system}. ${Object.entries(
      versions,
    )
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}. ${pinned}`,
    "",
    `The contenders take turns, round by round; a ratio is that of the medians of each round's ratios. All speak plain HTTP on the loopback address. The load client is a process of its own: in a second of CPU time it can send ${ceiling}, and in these measurements it needed at most ${Math.round(client.busiest * 100)} % of a core.`,
    "",
    ...Object.entries(contenders).map(([name, title]) => `- **${name}**: ${title}`),
  ].join("\n");
}

function goals(measures: readonly MeasureResult[], { contenders }: Results): string {
  const shown = ["before", "bare", "hello", "express"].filter((name) => own(contenders, name) !== undefined);
  const rows = measures.flatMap((measure) => {
    const goal = judge(measure);
    const ours = measure.values["ours"];
    if (goal === undefined || ours === undefined) return [];
    const ratios = shown.map((name) => {
      const theirs = own(measure.values, name);
      return theirs === undefined ? "" : `${figure(ratiosOf(ours, theirs).median)} ×`;
    });
    return [
      [
        measure.title,
        `${figure(spreadOf(ours).median)} ${measure.unit}`,
        ...ratios,
        goal.text,
        goal.isMet ? "yes" : "no",
      ],
    ];
  });
  return table(["measure", "signin-groups", ...shown.map((name) => `of ${name}`), "goal", "met"], rows);
}

function figures(measures: readonly MeasureResult[], { contenders }: Results): string[] {
  const scenarios = [...new Set(measures.map(({ scenario }) => scenario))];
  return scenarios.flatMap((scenario) => {
    const of = measures.filter((measure) => measure.scenario === scenario);
    const names = Object.keys(contenders).filter((name) =>
      of.some(({ values }) => own(values, name) !== undefined),
    );
    const rows = of.map(({ title, unit, values }) => [
      `${title} (${unit})`,
      ...names.map((name) => {
        const each = own(values, name);
        if (each === undefined) return "";
        const { median, min, max } = spreadOf(each);
        return `${figure(median)} (${figure(min)}–${figure(max)})`;
      }),
    ]);
    return [`**${scenario}**`, table(["measure", ...names], rows)];
  });
}

/** The points of ours on one curve. */
interface GrowthCurve extends Curve {
  readonly name: string;
  readonly work: string;
  readonly unit: string;
}

function curvesOf(measures: readonly MeasureResult[]): GrowthCurve[] {
  const curves = new Map<string, GrowthCurve & { points: { work: number; cost: number }[] }>();
  for (const { curve, unit, values } of measures) {
    const ours = values["ours"];
    if (curve === undefined || ours === undefined) continue;
    const { name, title, work, size } = curve;
    const known = curves.get(name) ?? { name, label: title, work, unit, points: [] };
    curves.set(name, known);
    known.points.push({ work: size, cost: spreadOf(ours).median });
  }
  return [...curves.values()].filter(({ points }) => points.length > 1);
}

function growthSection(curves: readonly GrowthCurve[]): string[] {
  const rows = curves.map(({ label, work, unit, points }) => {
    const [first, last] = [points[0], points.at(-1)];
    const perUnit = first && last ? last.cost / last.work / (first.cost / first.work) : Number.NaN;
    return [
      work,
      label,
      points
        .map(({ work: size, cost }) => `${size.toLocaleString("en")}: ${figure(cost)} ${unit}`)
        .join("; "),
      figure(perUnit),
      exponentOf(points).toFixed(2),
    ];
  });
  return [
    "Nothing may grow faster than its work. The ratio is the cost of one unit of work at the largest size, against that at the smallest: 1 is growth as fast as the work, less is slower. The exponent is that of the power law through all points.",
    table(["work", "cost", "at each size", "ratio for each unit", "exponent"], rows),
    "In the charts both axes are powers of ten, and costs are multiples of the smallest size's. What stays below the dashed line grows more slowly than its work.",
  ];
}

function drawBars({ title, unit, better, values }: MeasureResult, { contenders }: Results): string {
  const bars = Object.entries(values).map(([name, of]): Bar => {
    const { median: value, min, max } = spreadOf(of);
    return { label: own(contenders, name) ?? name, isOurs: name === "ours", value, min, max };
  });
  const note = `${better === "lower" ? "less" : "more"} is better; median, with the least and the most`;
  return barChart({
    title: capital(title),
    note,
    bars,
    show: (value) => (unit.startsWith("/") ? `${figure(value)}${unit}` : `${figure(value)} ${unit}`),
  });
}

function drawGrowth(work: string, curves: readonly GrowthCurve[]): string {
  return growthChart({
    title: `Growth by ${work}`,
    note: "multiples of the smallest size; dashed: as fast as the work",
    curves: curves.filter((curve) => curve.work === work),
  });
}

function idOf(curves: readonly GrowthCurve[], work: string): string {
  return curves.find((curve) => curve.work === work)?.name.split(".")[1] ?? "";
}

function fileOf(id: string): string {
  return id.replaceAll(".", "-");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = header.map((_, index) => (index === 0 ? "---" : "---:"));
  return [line(header), line(rule), ...rows.map(line)].join("\n");
}

import { join } from "node:path";
import { expect, it } from "vitest";
import { insertSection, linesFor, writeDocument, writeHostings } from "../../bench/speed/document.ts";
import type { MeasureResult, Results } from "../../bench/speed/results.ts";
import { runScriptHere } from "../support/script-here.ts";

const measure = (changes: Partial<MeasureResult>): MeasureResult => ({
  id: "start.challenge",
  title: "start → challenge answered",
  unit: "ms",
  better: "lower",
  scenario: "Start",
  values: { ours: [100, 110, 120], hello: [200, 220, 240] },
  ...changes,
});

const results = (measures: readonly MeasureResult[]): Results => ({
  command: "npm run bench",
  date: "2026-01-05",
  machine: { cpu: "CPU", cores: 2, memory: 8, system: "Linux 6", pinned: true },
  versions: { "Node.js": "24.0.0" },
  client: { ceiling: { 1: 60_000 }, busiest: 0.4 },
  contenders: { ours: "signin-groups", hello: "functions-framework, hello world" },
  measures,
});

it("is what bench/results.json and bench/hostings.json make of docs/benchmarks.md and its charts", async () => {
  const command = join(import.meta.dirname, "../../bench/document.ts");
  expect(await runScriptHere(command, [])).toMatchObject({ code: 0, stderr: "" });
});

it("says of each goal whether the median ratio reaches it", () => {
  const goal = { against: "hello", atMost: 0.55 };
  const met = writeDocument(results([measure({ goal })])).section;
  expect(met).toContain("| start → challenge answered | 110 ms | 0.500 × | ≤ 0.55 × hello | yes |");
  const missed = writeDocument(results([measure({ goal: { ...goal, atMost: 0.45 } })])).section;
  expect(missed).toContain("≤ 0.45 × hello | no |");
});

it("says how a cost grows from the smallest size to the largest", () => {
  const points = [1, 10, 100].map((size) =>
    measure({
      id: `growth.events.cpu.${size}`,
      curve: { name: "growth.events.cpu", title: "CPU time", work: "events", size },
      values: { ours: [2 * size ** 2] },
    }),
  );
  const { section, charts } = writeDocument(results(points));
  expect(section).toMatch(/\| events \| CPU time \| .* \| 100 \| 2\.00 \|/);
  expect(Object.keys(charts)).toEqual(["growth-events.svg"]);
});

it("replaces only what stands between its lines", () => {
  const { begin, end } = linesFor("results.json");
  const document = `# Before\n${begin}\nold\n${end}\nafter\n`;
  const written = insertSection(document, "results.json", "new\n");
  expect(written).toBe(`# Before\n${begin}\n\nnew\n\n${end}\nafter\n`);
  expect(() => insertSection(document, "hostings.json", "new")).toThrow(
    "docs/benchmarks.md must have the lines",
  );
});

it("says of each hosting a count, or a median with its spread", () => {
  const { machine } = results([]);
  const section = writeHostings({
    command: "npm run bench:hostings",
    date: "2026-01-05",
    machine,
    node: "24.0.0",
    measures: [
      { title: "resources", unit: "", values: { functions: [61], service: [52] } },
      { title: "deployment", unit: "s", values: { functions: [6, 5, 8], service: [4, 4, 3] } },
    ],
  });
  expect(section).toContain("| resources | 61 | 52 |");
  expect(section).toContain("| deployment (s) | 6.00 (5.00–8.00) | 4.00 (3.00–4.00) |");
});

import { stringify } from "yaml";
import { type Alert, alerts, documentationOf } from "./operations/alerts.ts";
import { costTable } from "./operations/costs.ts";
import { drawDashboard } from "./operations/drawing.ts";
import { componentOf, packageSchema } from "./plugin/schema.ts";
import { type Setting, sections } from "./settings.ts";

/** What a first deployment looks at. */
const FIRST = ["rules", "backfill", "protectGroups", "labels"];

const all: readonly (readonly [string, Setting<unknown>])[] = Object.values(sections).flatMap(Object.entries);

/**
 * The files that are written from the table of settings, by their paths from the project's folder, with what gives a file's
 * text from the text that it has.
 */
export const settingsDocuments: Readonly<Record<string, (text: string) => string>> = {
  "Pulumi.yaml": (text) => replaced(text, /^config:\n[\s\S]*/m, projectConfig()),
  "infra/arguments.ts": (text) =>
    replaced(text, /(?<=\/\/ begin: .*\n)[\s\S]*(?= {2}\/\/ end\n)/, all.map(argument).join("")),
  "docs/configuration.md": documentation,
  // From the arguments, which are written before.
  "schema.json": () => `${JSON.stringify(packageSchema(), undefined, 2)}\n`,
  "docs/dashboard.svg": drawDashboard,
  "docs/component.md": (text) =>
    replaced(text, /(?<=<!-- outputs: begin, .*\n)[\s\S]*(?=<!-- outputs: end -->)/, outputsTable()),
  "docs/operations.md": (text) =>
    replaced(
      replaced(text, /(?<=<!-- alerts: begin, .*\n)[\s\S]*(?=<!-- alerts: end -->)/, runbook()),
      /(?<=<!-- costs: begin, .*\n)[\s\S]*(?=<!-- costs: end -->)/,
      costTable(),
    ),
  "docs/deployment.md": (text) =>
    replaced(
      text,
      /(?<=<!-- configuration: begin, .*\n)[\s\S]*(?=<!-- configuration: end -->)/,
      table(all.filter(([name]) => FIRST.includes(name))),
    ),
};

/** @throws Error where there is nothing to replace */
function replaced(text: string, place: RegExp, by: string): string {
  if (!place.test(text)) throw new Error(`There is no ${place}.`);
  return text.replace(place, () => by);
}

/** A section for each alert, which is also the alert's documentation in Google Cloud. */
function runbook(): string {
  const sections = Object.entries<Alert>(alerts).map(
    ([key, alert]) =>
      `### ${alert.title}\n\n\`${key}\`, ${alert.severity}; fires within ${alert.firesWithin} minutes.\n\n${documentationOf(alert)}\n`,
  );
  return `\n${sections.join("\n")}\n`;
}

/** A row for each output of the component. */
function outputsTable(): string {
  const rows = Object.entries(componentOf(packageSchema()).properties).map(
    ([name, { description = "" }]) => `| \`${name}\` | ${description} |\n`,
  );
  return `| output | meaning |\n|---|---|\n${rows.join("")}`;
}

/** Pulumi.yaml's section, its last one. */
function projectConfig(): string {
  const config = all.map(([name, { kind, initial, description }]) => [
    name,
    {
      type: kind.type,
      ...(kind.type === "array" ? { items: { type: "object" } } : {}),
      default: initial,
      description,
    },
  ]);
  return stringify({ config: Object.fromEntries(config) }, { lineWidth: 0 });
}

/** A property of the component's arguments. */
function argument([name, { kind, initial, description }]: (typeof all)[number]): string {
  const comment = `${description} Default: ${shown(initial)}.`;
  // This would end the comment.
  const text = comment.includes("*/") ? description : comment;
  return `  /** ${text} */\n  readonly ${name}?: pulumi.Input<${kind.typescript}>;\n`;
}

function documentation(): string {
  const parts = Object.entries(sections).flatMap(([title, section]) => {
    const settings = Object.entries(section);
    const details = settings.flatMap(([name, setting]) =>
      setting.details === undefined ? [] : [`- \`${name}\`: ${setting.details}`],
    );
    return [`## ${title}`, table(settings).trimEnd(), ...(details.length > 0 ? [details.join("\n")] : [])];
  });
  return `${[HEAD, ...parts].join("\n\n")}\n`;
}

const HEAD = `# Configuration

<!-- Written by "npm run settings" from infra/settings.ts. -->

Every setting has a default; [deployment.md](deployment.md#step-by-step) lists the keys of the two providers that a stack needs. Set a value
with \`pulumi config set signin-groups:receiveMinInstances 2\`, or write it in \`Pulumi.<stack>.yaml\`:

\`\`\`yaml
config:
  signin-groups:receiveMinInstances: 2
\`\`\`

The component \`SignInGroups\` takes the same settings as arguments. \`pulumi preview\` reports all mistakes at once, before anything
is changed.`;

function table(settings: readonly (readonly [string, Setting<unknown>])[]): string {
  const rows = settings.map(
    ([name, { kind, initial, description }]) =>
      `| \`${name}\` | ${kind.type} | ${shown(initial)} | ${kind.allowed} | ${description} |`,
  );
  return ["| key | type | default | allowed | meaning |", "|---|---|---|---|---|", ...rows, ""].join("\n");
}

function shown(value: unknown): string {
  if (value === "") return "empty";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

import { wrap } from "../findings.ts";
import { plural } from "../screen.ts";
import type { Look } from "./look.ts";
import { type Step, steps } from "./steps.ts";

/** A step, and how many rows of docs/fidelity.md it looks at. */
export interface PlannedStep extends Step {
  readonly decisions: number;
}

/** What a round will do, in its order. */
export function planOf(
  names: readonly string[],
  looks: readonly Look[],
  hosting?: "functions" | "service",
): readonly PlannedStep[] {
  return steps
    .filter(({ name }) => names.includes(name))
    .map((step) => ({
      ...step,
      decisions: looks
        .filter(
          (look) =>
            look.after === step.name && (hosting === undefined || (look.hosting ?? hosting) === hosting),
        )
        .reduce((sum, look) => sum + look.decisions.length, 0),
    }));
}

const COLUMN = 18;
const WIDTH = 80;

/** The plan for people, 80 columns wide. */
export function describePlan(plan: readonly PlannedStep[]): string {
  const sum = (of: (step: PlannedStep) => number) => plan.reduce((total, step) => total + of(step), 0);
  const indent = " ".repeat(COLUMN);
  const lines = plan.flatMap(({ name, does, touches, minutes, dollars, decisions }) => {
    const facts = [
      `about ${plural(minutes, "minute")}`,
      ...(dollars === 0 ? [] : [dollarText(dollars)]),
      ...(decisions === 0 ? [] : [`${plural(decisions, "row")} of docs/fidelity.md`]),
    ].join(", ");
    const [first = "", ...rest] = wrap(does, WIDTH - COLUMN);
    return [
      `  ${name.padEnd(COLUMN - 2)}${first}`,
      ...[...rest, ...wrap(`touches: ${touches}`, WIDTH - COLUMN), facts].map((line) => indent + line),
    ];
  });
  const total = `${plural(plan.length, "step")}, about ${plural(
    sum(({ minutes }) => minutes),
    "minute",
  )}, at most ${dollarText(sum(({ dollars }) => dollars))}.`;
  return `${[...lines, "", total].join("\n")}\n`;
}

/** An amount of US dollars, rounded up to cents. */
function dollarText(dollars: number): string {
  return `US$${(Math.ceil(dollars * 100 - 1e-9) / 100).toFixed(2)}`;
}

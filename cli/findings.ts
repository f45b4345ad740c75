import { type ExitCode, exitCodes } from "./command.ts";
import type { ScreenStream } from "./screen.ts";
import { plural } from "./screen.ts";

/** How something is that a command looked at. */
export type State =
  | "ok"
  /** It works, but somebody should know. */
  | "warning"
  /** What the command is about fails because of it: `up` before a deployment, a sign-in after it. */
  | "failure"
  /** It could not be looked at. */
  | "unknown";

/** One thing that a command looked at. `--json` prints it as it is. */
export interface Finding {
  /** A name that stays the same, for programs: `okta-scopes`. */
  readonly check: string;
  readonly state: State;
  /** What was found and what it means, in a sentence or two; for `unknown`, why it could not be looked at. */
  readonly meaning: string;
  /** What fixes it, in a sentence. */
  readonly fix?: string;
  /** A command that fixes it, for a shell. */
  readonly command?: string;
  /** What happened when, the first first: for something that was followed. */
  readonly steps?: readonly Happening[];
  /** `unknown` only: nothing depends on it, so the exit code does not either. */
  readonly optional?: true;
}

/** Something that happened. */
export interface Happening {
  /** ISO 8601. */
  readonly at: string;
  readonly what: string;
}

/** Findings about one cloud, or the machine. */
export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** Makes the four kinds of findings of one check. */
export function finding(check: string) {
  type More = Pick<Finding, "fix" | "command" | "steps">;
  return {
    ok: (meaning: string, more: Pick<Finding, "steps"> = {}): Finding => ({
      check,
      state: "ok",
      meaning,
      ...more,
    }),
    warning: (meaning: string, more: More = {}): Finding => ({ check, state: "warning", meaning, ...more }),
    failure: (meaning: string, more: More = {}): Finding => ({ check, state: "failure", meaning, ...more }),
    unknown: (meaning: string, more: More & Pick<Finding, "optional"> = {}): Finding => ({
      check,
      state: "unknown",
      meaning,
      ...more,
    }),
  };
}

/** 1 when something fails, else 3 when something that decides could not be looked at. */
export function exitCodeOf(sections: readonly Section[]): ExitCode {
  const findings = sections.flatMap((section) => section.findings);
  if (findings.some(({ state }) => state === "failure")) return exitCodes.failed;
  const isOpen = findings.some(({ state, optional }) => state === "unknown" && optional !== true);
  return isOpen ? exitCodes.noAccess : exitCodes.well;
}

/** The width of a terminal that everybody has. */
const WIDTH = 80;

/** Colours of a terminal (ECMA-48, SGR). */
const colours: Readonly<Record<State, string>> = {
  ok: "\x1b[32m",
  warning: "\x1b[33m",
  failure: "\x1b[31m",
  unknown: "\x1b[35m",
};

/**
 * The findings as a table for people, 80 columns wide. Only commands may be longer: they are to be copied.
 *
 * @param failing how a failure is called: `up will fail`
 */
export function describeFindings(
  sections: readonly Section[],
  { failing, colour }: { readonly failing: string; readonly colour: boolean },
): string {
  const names: Readonly<Record<State, string>> = {
    ok: "ok",
    warning: "warning",
    failure: failing,
    unknown: "not looked at",
  };
  const column = 2 + Math.max(...Object.values(names).map((name) => name.length));
  const indent = " ".repeat(2 + column);
  const lines = sections.flatMap(({ title, findings }) => [
    title,
    ...findings.flatMap(({ state, meaning, fix, command, steps = [] }) => {
      const name = names[state].padEnd(column);
      const [first = "", ...rest] = wrap(meaning, WIDTH - indent.length);
      const remedy = fix === undefined ? [] : wrap(fix, WIDTH - indent.length - 2);
      return [
        `  ${colour ? `${colours[state]}${name}\x1b[0m` : name}${first}`,
        ...rest.map((line) => indent + line),
        ...steps.map(({ at, what }) => `${indent}${at}  ${what}`),
        ...remedy.map((line, index) => `${indent}${index === 0 ? "→" : " "} ${line}`),
        ...(command === undefined ? [] : [`${indent}$ ${command}`]),
      ];
    }),
    "",
  ]);
  return `${[...lines, summaryOf(sections, failing)].join("\n")}\n`;
}

/** How many findings there are of each kind, in a sentence. */
function summaryOf(sections: readonly Section[], failing: string): string {
  const findings = sections.flatMap((section) => section.findings);
  const count = (state: State) => findings.filter((one) => one.state === state).length;
  const [ok, warnings, failures, unknown] = (["ok", "warning", "failure", "unknown"] as const).map(count);
  const parts = [
    `${ok} ok`,
    ...(warnings ? [plural(warnings, "warning")] : []),
    ...(failures ? [`${failures} × ${failing}`] : []),
    ...(unknown ? [`${unknown} not looked at`] : []),
  ];
  return `${parts.join(", ")}.`;
}

/** Breaks a text into lines between words; lines that it has already stay. */
export function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else {
        line = line === "" ? word : `${line} ${word}`;
      }
    }
    return [...lines, line];
  });
}

/** Whether a stream shows colours (https://no-color.org). */
function showsColour(stream: ScreenStream, environment: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !environment["NO_COLOR"];
}

/**
 * Prints what a command found, for people or as JSON.
 *
 * @param failing what a failure means, such as `up will fail`
 * @returns the command's exit code
 */
export function printFindings(
  sections: readonly Section[],
  { stack, json, failing }: { readonly stack: string; readonly json: boolean; readonly failing: string },
): ExitCode {
  const exitCode = exitCodeOf(sections);
  const colour = showsColour(process.stdout, process.env);
  process.stdout.write(
    json
      ? `${JSON.stringify({ stack, exitCode, sections })}\n`
      : describeFindings(sections, { failing, colour }),
  );
  return exitCode;
}

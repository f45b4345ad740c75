import { RunError } from "@pulumi/pulumi";

/** One mistake in what was asked for: where, what it says, and what to do. */
export interface Fault {
  /** The setting, such as `receiveMemory` or `rules[0].when`. */
  readonly setting: string;
  /** The value as a person wrote it. */
  readonly value: unknown;
  /** What is wrong and what to write instead. */
  readonly remedy: string;
}

/** Takes note of a mistake. */
export type ReportFault = (setting: string, value: unknown, remedy: string) => void;

/** The configuration has mistakes; the message lists every one of them. Pulumi shows it without a stack trace. */
export class ConfigurationError extends RunError {
  override readonly name = "ConfigurationError";
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const count = faults.length === 1 ? "a mistake" : `${faults.length} mistakes`;
    super(`The configuration has ${count}:\n${faults.map(describeFault).join("\n")}`);
    this.faults = faults;
  }
}

function describeFault({ setting, value, remedy }: Fault): string {
  const shown = value === undefined ? "is not set" : `is ${shorten(JSON.stringify(value))}`;
  // A condition's mistake is shown on lines of its own.
  return `${setting} ${shown}: ${remedy.replaceAll("\n", "\n    ")}`;
}

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

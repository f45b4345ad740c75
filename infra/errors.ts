// Not the whole SDK: what loads only settings starts in a fraction of the time.
import { RunError } from "@pulumi/pulumi/errors.js";

/** One mistake in what was configured: where, what it says, and what to do. */
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

/** Why a preview or an update stops. A code stays the same when a message changes. */
export type DeploymentErrorCode =
  | "configuration"
  | "component-name"
  | "engine"
  | "signing-key"
  | "function-not-serving"
  | "not-updated"
  | "hook-address"
  | "hook-secret"
  | "receiver";

/**
 * Why a preview or an update stops; Pulumi shows the message without a stack trace. The SDK puts the name of each property before
 * the message on its way from one resource to the next (@pulumi/pulumi, runtime/rpc.ts: "error serializing property"), so this
 * message cannot be changed.
 */
export class DeploymentError extends RunError {
  readonly code: DeploymentErrorCode;

  constructor(code: DeploymentErrorCode, message: string) {
    super(message);
    this.code = code;
    // An assignment must do nothing; to a property that cannot be written it would be an error of its own.
    Object.defineProperty(this, "message", { get: () => message, set: () => {} });
  }
}

/** The configuration has mistakes; the message lists every one of them. */
export class ConfigurationError extends DeploymentError {
  override readonly name = "ConfigurationError";
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const count = faults.length === 1 ? "a mistake" : `${faults.length} mistakes`;
    super("configuration", `The configuration has ${count}:\n${faults.map(describeFault).join("\n")}`);
    this.faults = faults;
  }
}

/** A mistake in one sentence: where, what it says, and what to do. */
export function describeFault({ setting, value, remedy }: Fault): string {
  const shown = value === undefined ? "is not set" : `is ${shorten(JSON.stringify(value))}`;
  // A condition's mistake is shown on lines of its own.
  return `${setting} ${shown}: ${remedy.replaceAll("\n", "\n    ")}`;
}

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

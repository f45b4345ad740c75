/** What the engine did, or would do, to each resource, by its logical name. Components and providers are left out. */
export interface Operations {
  readonly create: readonly string[];
  readonly update: readonly string[];
  readonly replace: readonly string[];
  readonly delete: readonly string[];
  /** How many stay, or stayed, as they are. */
  readonly same: number;
}

/** What the engine's log of one run says. */
export interface EventLog {
  readonly operations: Operations;
  /** Errors and warnings, as the engine worded them. */
  readonly diagnostics: readonly { readonly severity: string; readonly message: string }[];
}

/**
 * Reads the engine's event log: one JSON object on each line (Pulumi, sdk/go/common/apitype/events.go).
 * A failed step is none.
 */
export function readEventLog(log: string): EventLog {
  const steps: Step[] = [];
  const diagnostics: { severity: string; message: string }[] = [];
  for (const line of log.split("\n")) {
    if (line === "") continue;
    const event = recordOf(JSON.parse(line));
    const step = stepOf(recordOf(recordOf(event["resOutputsEvent"])["metadata"]));
    if (step !== undefined) steps.push(step);
    const { severity, message } = recordOf(event["diagnosticEvent"]);
    if ((severity === "error" || severity === "warning") && typeof message === "string") {
      diagnostics.push({ severity, message: message.replace(/<\{%[^%]*%\}>/g, "").trim() });
    }
  }
  const namesOf = (...operations: readonly string[]): readonly string[] =>
    [...new Set(steps.filter((step) => operations.includes(step.operation)).map(({ urn }) => urn))]
      .map(nameOf)
      .sort();
  return {
    operations: {
      create: namesOf("create"),
      update: namesOf("update"),
      // A replacement is reported in up to three steps, depending on which comes first.
      replace: namesOf("replace", "create-replacement", "delete-replaced"),
      delete: namesOf("delete"),
      same: steps.filter(({ operation }) => operation === "same").length,
    },
    diagnostics,
  };
}

interface Step {
  readonly operation: string;
  readonly urn: string;
}

function stepOf(metadata: Readonly<Record<string, unknown>>): Step | undefined {
  const { op: operation, urn, type, new: after, old: before } = metadata;
  if (typeof operation !== "string" || typeof urn !== "string" || typeof type !== "string") return undefined;
  const isCustom = recordOf(after)["custom"] === true || recordOf(before)["custom"] === true;
  if (!isCustom || type.startsWith("pulumi:providers:")) return undefined;
  return { operation, urn };
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  // Every object may be read by keys, and what is none has no keys to be read.
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

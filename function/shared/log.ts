import type { IncomingMessage } from "node:http";
import { type Severity, type SignalName, type Signals, signals } from "./signals.ts";

/** Fields of an entry: only ids and codes, never a secret, a token or text that a person typed. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The fields of an event, and others for people. */
export type FieldsOf<Name extends SignalName> = Signals[Name] | (Signals[Name] & LogFields);

/** How one entry of an event differs from the others. */
export interface SignalText {
  readonly severity?: Severity;
  readonly message?: string;
}

/** Writes structured log entries. */
export interface Log {
  /** Writes an entry that a machine reads (signals.ts). @param text replaces the event's own severity and message */
  signal<Name extends SignalName>(event: Name, fields: FieldsOf<Name>, text?: SignalText): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  critical(message: string, fields?: LogFields): void;
  /** A log whose entries carry the trace of this request. */
  of(request: IncomingMessage): Log;
}

/**
 * Makes a log that writes one JSON object a line with Cloud Logging's special fields
 * (Google Cloud, "Structured logging": severity, message, logging.googleapis.com/trace).
 *
 * @param project Google Cloud project id, of which a trace is part
 * @param write takes one line without its line end
 */
export function createLog(project: string, write: (line: string) => void): Log {
  return new JsonLog(project, write, {});
}

/** A class, since each request has its own log, and a class needs no closures for it. */
class JsonLog implements Log {
  readonly #project: string;
  readonly #write: (line: string) => void;
  readonly #common: LogFields;

  constructor(project: string, write: (line: string) => void, common: LogFields) {
    this.#project = project;
    this.#write = write;
    this.#common = common;
  }

  signal<Name extends SignalName>(
    event: Name,
    fields: FieldsOf<Name>,
    { severity = signals[event].severity, message = signals[event].message }: SignalText = {},
  ): void {
    this.#write(JSON.stringify({ severity, message, event, ...this.#common, ...fields }));
  }

  info(message: string, fields?: LogFields): void {
    this.#entry("INFO", message, fields);
  }

  warning(message: string, fields?: LogFields): void {
    this.#entry("WARNING", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#entry("ERROR", message, fields);
  }

  critical(message: string, fields?: LogFields): void {
    this.#entry("CRITICAL", message, fields);
  }

  of(request: IncomingMessage): Log {
    return new JsonLog(this.#project, this.#write, traceFields(this.#project, request));
  }

  #entry(severity: Severity, message: string, fields: LogFields | undefined): void {
    this.#write(JSON.stringify({ severity, message, ...this.#common, ...fields }));
  }
}

/** The W3C trace context first, then Google's older header; Cloud Run sends both. */
function traceFields(project: string, request: IncomingMessage): LogFields {
  const [, traceId, spanId] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(header(request, "traceparent")) ??
    /^([0-9a-f]{32})/.exec(header(request, "x-cloud-trace-context")) ??
    [];
  if (traceId === undefined) return {};
  return {
    "logging.googleapis.com/trace": `projects/${project}/traces/${traceId}`,
    ...(spanId === undefined ? {} : { "logging.googleapis.com/spanId": spanId }),
  };
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

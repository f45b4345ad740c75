import { type SignalName, signals } from "../../../function/shared/signals.ts";
import type { Header, RawRequest } from "./raw-http.ts";

/**
 * The functions that a case can be meant for. `receive, not rotated` is `receive` whose hook secret has never been
 * rotated, so that there is no previous one.
 */
export type Target = "receive" | "receive, not rotated" | "grant" | "reconcile";

/** A named hostile request, and all that must come of it. `{org}` and `{elsewhere}` stand for two origins. */
export interface Case {
  readonly name: string;
  readonly function: Target;
  readonly request: RawRequest;
  readonly answer: ExpectedAnswer | "closed";
  /** Every entry that the function writes, without what only time decides. */
  readonly log: readonly LogLine[];
  /** What the function does to the world: tasks, calls of Okta, objects; nothing unless given. */
  readonly effects?: readonly string[];
  /** What Okta's System Log answers, or its list of a group's members, one after the other; then it is empty. */
  readonly pages?: readonly Page[];
  /** Where the cursor leads that a poll finds; to the log's end unless given. */
  readonly cursor?: string;
  /** A replay that has begun, and where its next chunk leads; none unless given. */
  readonly replay?: { readonly id: string; readonly next: string };
}

/** An answer; its body is text, or the value of its JSON. */
export interface ExpectedAnswer {
  readonly status: number;
  readonly body: string | object;
  /** Headers that it must have, besides others. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An entry of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A page of the System Log, or of a group's members. */
export interface Page {
  /** A list of events, or of members, or what is none. */
  readonly events?: unknown;
  /** The Link header. */
  readonly link: string;
}

/** What comes of a case. */
export type Outcome = Pick<Case, "answer" | "log">;

/** What an entry of an event has besides its fields. */
export function line(event: SignalName): LogLine {
  return { event, ...signals[event] };
}

/** A function's own refusal: the caller hears what the log says. */
export function refused(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): Outcome {
  return {
    answer: { status, body: { error: reason }, headers },
    log: [{ ...line("request-refused"), status, reason }],
  };
}

/** Node's HTTP server refuses what is not HTTP; the function never sees it. */
export function refusedByNode(status: number): Outcome {
  return { answer: { status, body: "" }, log: [] };
}

/** The headers of a request with a JSON body, besides others. */
export function json(...others: readonly Header[]): readonly Header[] {
  return [["Content-Type", "application/json"], ...others];
}

/** What nobody but its owner may read; no log may hold it. */
export const PERSON = { login: "canary.person@example.com", name: "Canary Person" };

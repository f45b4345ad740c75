import { type Countdown, strikes } from "./countdown.ts";

/** A call of the API. */
export interface Call {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** What goes wrong with a call. */
export type CallTrouble =
  /** 429: others have used up the bucket that it counts in, which therefore refuses all calls until its window ends. */
  | { readonly kind: "rate-limit" }
  /** 429 in the form for too many calls at the same time. */
  | { readonly kind: "concurrency" }
  /** 500. */
  | { readonly kind: "server-error" }
  /** 503: the org is in read-only mode. */
  | { readonly kind: "read-only" }
  /** Something in between, such as a proxy, answers with a page and this status; the org never sees the call. */
  | { readonly kind: "foreign"; readonly status: number }
  /** 404 for the user that the path ends with: they are so new that Okta does not know them everywhere. */
  | { readonly kind: "unknown-user" }
  /** What was asked is done at once, and answered so much later. */
  | { readonly kind: "slow"; readonly milliseconds: number }
  /** The connection is reset before anything is done or, if told so, when all is done but not answered. */
  | { readonly kind: "reset"; readonly done?: boolean };

/**
 * Trouble with some calls: with those of which `method`, `path` and `when` hold, as far as they are given.
 *
 * A call can meet three troubles at once: of its connection (reset), of its pace (slow) and of its answer (all others).
 * Of several of one sort the first in the list strikes.
 */
export interface CallFault extends Countdown {
  readonly trouble: CallTrouble;
  readonly method?: string;
  /** What the path begins with. */
  readonly path?: string;
  readonly when?: (call: Call) => boolean;
}

type Trouble<Kind> = Extract<CallTrouble, { readonly kind: Kind }>;

/** The trouble, of one of these kinds, that strikes the call; undefined when none does. */
export function troubleOf<Kind extends CallTrouble["kind"]>(
  faults: readonly CallFault[],
  { method, path }: Call,
  ...kinds: readonly Kind[]
): Trouble<Kind> | undefined {
  const isOfKind = (trouble: CallTrouble): trouble is Trouble<Kind> =>
    kinds.some((kind) => kind === trouble.kind);
  for (const fault of faults) {
    if (isOfKind(fault.trouble) && concerns(fault, { method, path }) && strikes(fault)) return fault.trouble;
  }
  return undefined;
}

function concerns({ method, path, when }: CallFault, call: Call): boolean {
  if (method !== undefined && method !== call.method) return false;
  if (path !== undefined && !call.path.startsWith(path)) return false;
  return when === undefined || when(call);
}

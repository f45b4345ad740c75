import type { OktaAnswer, OktaRequest, OktaTransport } from "../../function/shared/okta/client.ts";

/** An event with the moment at which the log had it. */
interface Entry {
  readonly event: Readonly<Record<string, unknown>>;
}

/** Okta's System Log API in memory, in both its forms (Okta, "System Log API"), to be made to misbehave. */
export interface FakeSystemLog {
  readonly url: string;
  readonly send: OktaTransport;
  /** Path and query of every request. */
  readonly requests: URL[];
  /** In the order in which the log has them, which need not be that of `published`. */
  readonly events: Readonly<Record<string, unknown>>[];
  /** How many events a page holds at most, whatever is asked for. */
  pageSize: number;
  /** How long a page may be to be read, in characters. */
  maximumAnswerBytes: number;
  /** Whether an event is within the filter of a request; each is, unless a test says otherwise. */
  matches: (event: Readonly<Record<string, unknown>>, filter: string) => boolean;
  /** Answers in place of the log when it returns something. */
  refuse: (url: URL) => OktaAnswer | undefined;
  /** What becomes of the next link; undefined leaves it out. */
  link: (next: string) => string | undefined;
}

/** @param url of the org */
export function createSystemLog(url = "https://acme.okta.com"): FakeSystemLog {
  const log: FakeSystemLog = {
    url,
    requests: [],
    events: [],
    pageSize: 1000,
    maximumAnswerBytes: Number.POSITIVE_INFINITY,
    matches: () => true,
    refuse: () => undefined,
    link: (next) => next,
    send: async (request) => answer(log, request),
  };
  return log;
}

/** An error as Okta words it. */
export function oktaError(status: number, errorCode: string): OktaAnswer {
  return { status, headers: { "x-okta-request-id": "request-1" }, body: { errorCode, errorSummary: "No." } };
}

function answer(log: FakeSystemLog, { path }: OktaRequest): OktaAnswer {
  const url = new URL(path, log.url);
  log.requests.push(url);
  const refusal = log.refuse(url);
  if (refusal !== undefined) return refusal;

  const query = url.searchParams;
  const after = query.get("after");
  const since = after === null ? Date.parse(query.get("since") ?? "") : Number.NEGATIVE_INFINITY;
  const until = query.has("until") ? Date.parse(query.get("until") ?? "") : undefined;
  const all = [...log.events.entries()].map(([position, event]) => ({
    position,
    event,
    at: publishedOf(event),
  }));
  if (until !== undefined) all.sort((one, other) => one.at - other.at || one.position - other.position);
  const limit = Math.min(log.pageSize, Number(query.get("limit")));
  const page: Entry[] = [];
  let place = Number(after ?? 0);
  for (; place < all.length && page.length < limit; place += 1) {
    const entry = all[place];
    if (entry === undefined || entry.at < since || entry.at >= (until ?? Number.POSITIVE_INFINITY)) continue;
    if (!log.matches(entry.event, query.get("filter") ?? "")) continue;
    page.push(entry);
  }
  const isLast = until !== undefined && place >= all.length;
  const following = new URL(url);
  following.searchParams.delete("since");
  following.searchParams.set("after", String(place));
  const next = isLast ? undefined : log.link(following.href);
  const links = [`<${url.href}>; rel="self"`, ...(next === undefined ? [] : [`<${next}>; rel="next"`])];
  const body = page.map(({ event }) => event);
  const isTooLarge =
    log.maximumAnswerBytes < Number.POSITIVE_INFINITY && JSON.stringify(body).length > log.maximumAnswerBytes;
  const headers = { link: links };
  return isTooLarge ? { status: 200, headers, body: undefined, isTooLarge } : { status: 200, headers, body };
}

function publishedOf(event: Readonly<Record<string, unknown>>): number {
  return Date.parse(String(event["published"]));
}

import { type Case, json, type LogLine, line, type Outcome, PERSON, refused } from "../case.ts";
import { CONTINUATIONS } from "../subjects.ts";
import { counts, pollTask, reconciler } from "./honest.ts";

/** Each replay has an id of its own: what one has done, it does not do again. */
let replays = 0;
export function replayTask(): { readonly id: string } & Readonly<Record<string, unknown>> {
  replays += 1;
  const id = `3f2c1a52-0000-4000-8000-${String(replays).padStart(12, "0")}`;
  const since = new Date(Date.now() - 86_400_000).toISOString();
  return {
    kind: "replay",
    continuationQueue: CONTINUATIONS,
    id,
    since,
    until: new Date().toISOString(),
    dryRun: false,
  };
}

/** Where the second chunk of a replay begins. */
export const PLACE = "/api/v1/logs?after=20";

/** Has the second chunk of a replay read. */
export function continuation(
  id = replayTask().id,
): { readonly id: string } & Readonly<Record<string, unknown>> {
  return { kind: "replay-continuation", continuationQueue: CONTINUATIONS, id, chunk: 1 };
}

/** What a replay's task said of where to read on, before only the state bucket did. */
const continued = {
  page: 19,
  next: "/api/v1/logs?filter=eventType+sw+%22user%22&after=19",
  counts: { events: 3, wanted: 2, queued: 2 },
};

/** What comes of a chunk of a replay that reads one page, or as many as are counted. */
export function replayed(
  outcome: "done" | "more" | "failed",
  { id, counted = {} }: { readonly id: string; readonly counted?: Readonly<Record<string, number>> },
): Outcome {
  const all = counts({ pages: 1, ...counted });
  return {
    answer: { status: 200, body: { outcome, ...all } },
    log: [{ ...line("replayed"), replay: id, outcome, ...all }],
  };
}

/** What comes of a replay that can't go on. */
export function failed(fault: string, id: string, pages: number): Outcome {
  const { answer, log } = replayed("failed", { id, counted: { pages } });
  return { answer, log: [{ ...line("replay-failed"), replay: id, fault }, ...log] };
}

/** What is logged of trouble that an administrator has to fix, until the next request has gone well. */
export function standing(
  { message, ...fault }: { readonly fault: string; readonly message: string; readonly remedy: string },
  outcome: LogLine,
  details: LogLine,
): readonly LogLine[] {
  const since = { fault: fault.fault, tasks: 1 };
  return [
    { ...line("run-failed"), message, ...outcome, ...details },
    { ...line("fault"), message, ...fault, tasks: 1, ...details },
    { ...line("fault-resolved"), ...since },
  ];
}

const noTask = refused(400, "The body is not a task of reconcile.");

const QUEUES = [
  ["no queue", undefined],
  ["an empty queue", ""],
  ["a number for its queue", 7],
  ["a list of queues", [CONTINUATIONS]],
  ["a queue in an object", { name: CONTINUATIONS }],
  ["a queue by its last name", "continuations"],
  ["a queue that leaves its place", `${CONTINUATIONS}/../../q`],
  ["a queue that leaves its place, encoded", `${CONTINUATIONS}%2f..%2fq`],
  ["a task for its queue", `${CONTINUATIONS}/tasks/x`],
  ["a queue and a query", `${CONTINUATIONS}?x=y`],
  ["a queue and a fragment", `${CONTINUATIONS}#x`],
  ["a queue and a line break", `${CONTINUATIONS}\n`],
  ["a queue and a space", `${CONTINUATIONS} `],
  ["a queue with a slash before it", `/${CONTINUATIONS}`],
  ["a queue at an address", `https://evil.example/v2/${CONTINUATIONS}`],
  ["a queue at another host's address", `//evil.example/v2/${CONTINUATIONS}`],
  ["a user before its queue", `@evil.example/${CONTINUATIONS}`],
  ["an empty part in its queue", "projects//locations/l/queues/q"],
  ["two dots for a project", "projects/../locations/l/queues/q"],
  ["two dots for a location", "projects/p/locations/../queues/q"],
  ["two dots for the queue", "projects/p/locations/l/queues/.."],
  ["a topic for its queue", "projects/p/topics/t"],
] as const;

const TIMES = [
  ["no time", undefined],
  ["a number", 1_767_571_200_000],
  ["a word", "yesterday"],
  ["a span", "7d"],
  ["an empty text", ""],
  ["a month that is none", "2026-13-01"],
  ["a day that is none", "2026-01-32"],
  ["an hour that is none", "2026-01-01T25:00:00Z"],
  ["a time without a zone", "2026-01-01T00:00:00"],
  ["another way to write it", "Mon, 05 Jan 2026 10:00:00 GMT"],
  ["a query behind it", "2026-01-01T00:00:00Z&limit=1"],
  ["a line break behind it", "2026-01-01\n"],
  ["a list", ["2026-01-01"]],
] as const;

const LINKS = [
  ["no link", undefined],
  ["a number for its link", 7],
  ["an empty link", ""],
  ["a link to another host", "https://evil.example/api/v1/logs?after=1"],
  ["a link to another host without a scheme", "//evil.example/api/v1/logs?after=1"],
  ["a link to another host by backslashes", "\\\\evil.example\\api\\v1\\logs?after=1"],
  ["a link with the org for its user", "https://{host}@evil.example/api/v1/logs?after=1"],
  ["a link with a password", "http://user:password@{host}/api/v1/logs?after=1"],
  ["a link to something else", "/api/v1/users?after=1"],
  ["a link that leaves the log", "/api/v1/logs/../users?after=1"],
  ["a link that leaves the log, encoded", "/api/v1/logs%2f..%2fusers?after=1"],
  ["a link without a query", "/api/v1/logs"],
  ["a link to a name that begins so", "/api/v1/logstreams?after=1"],
  ["a link to a script", "javascript:alert(1)"],
  ["a link to a file", "file:///api/v1/logs?after=1"],
] as const;

const IDS = [
  ["no id", undefined],
  ["an empty id", ""],
  ["a number for its id", 7],
  ["an id of another form", "replay-1"],
  ["an id in upper case", "3F2C1A52-0000-4000-8000-000000000001"],
  ["an id that leaves its place", "../cursor"],
  ["an id that leaves its place behind a uuid", "3f2c1a52-0000-4000-8000-000000000001/../../cursor"],
  ["an id and a line break", "3f2c1a52-0000-4000-8000-000000000001\n"],
  ["an id that is a login", PERSON.login],
] as const;

const CHUNKS = [
  ["no chunk", undefined],
  ["null for its chunk", null],
  ["a chunk of text", "1"],
  ["half a chunk", 1.5],
  ["the first chunk", 0],
  ["a chunk before the first", -1],
  ["a chunk beyond all numbers", 1e300],
  ["a list of chunks", [1]],
] as const;

/** What somebody would say to have something else read. */
const CONTINUED = [
  ["null", null],
  ["a number", 7],
  ["an empty object", {}],
  ["a query of its own", { next: "/api/v1/logs?filter=eventType+sw+%22user%22" }],
  ["all that it said in earlier versions", continued],
] as const;

const forged: readonly (readonly [name: string, body: unknown])[] = [
  ["that is a number", 7],
  ["that is null", null],
  ["that is a text", JSON.stringify(pollTask)],
  ["in a list", [pollTask]],
  ["that is empty", {}],
  ["by a prototype", JSON.parse(`{"__proto__":${JSON.stringify(pollTask)}}`)],
  ["of no kind", { continuationQueue: CONTINUATIONS }],
  ["of an unknown kind", { ...pollTask, kind: "purge" }],
  ["of a kind that every object has", { ...pollTask, kind: "constructor" }],
  ["of a kind in upper case", { ...pollTask, kind: "POLL" }],
  ["of two kinds", { ...pollTask, kind: ["poll", "replay"] }],
  ["of grant", { groupId: "00gAppUsers", userId: "00uNewcomer" }],
  ...QUEUES.map(([name, continuationQueue]) => [`with ${name}`, { ...pollTask, continuationQueue }] as const),
  ...IDS.map(([name, id]) => [`of a replay with ${name}`, { ...replayTask(), id }] as const),
  ...TIMES.map(([name, since]) => [`of a replay since ${name}`, { ...replayTask(), since }] as const),
  ...TIMES.map(([name, until]) => [`of a replay until ${name}`, { ...replayTask(), until }] as const),
  ["of a replay that may be a dry run", { ...replayTask(), dryRun: "false" }],
  ["of a replay that is a dry run by number", { ...replayTask(), dryRun: 0 }],
  ["of a replay without a word on that", { ...replayTask(), dryRun: undefined }],
  ...CONTINUED.map(
    ([name, given]) =>
      [`of a replay that goes on with ${name}`, { ...replayTask(), continued: given }] as const,
  ),
  ...LINKS.map(
    ([name, next]) =>
      [
        `of a replay that goes on with ${name}`,
        { ...replayTask(), continued: { ...continued, next } },
      ] as const,
  ),
  ...IDS.map(([name, id]) => [`of a continuation with ${name}`, { ...continuation(), id }] as const),
  ...CHUNKS.map(([name, chunk]) => [`of a continuation with ${name}`, { ...continuation(), chunk }] as const),
  ...QUEUES.map(
    ([name, continuationQueue]) =>
      [`of a continuation with ${name}`, { ...continuation(), continuationQueue }] as const,
  ),
];

const DAY = 86_400_000;

/** Windows that Okta can't have: the replay fails before Okta is asked. */
const windows: readonly (readonly [name: string, since: number, until: number, fault: string])[] = [
  ["since after until", -1 * DAY, -2 * DAY, "Its beginning is not before its end."],
  ["since until", -1 * DAY, -1 * DAY, "Its beginning is not before its end."],
  ["until tomorrow", -1 * DAY, DAY, "Its end lies in the future."],
  ["since 100 days", -100 * DAY, 0, "It begins more than 90 days ago; Okta keeps no older events."],
];

/** Pages of a chunk, at most. */
const CHUNK = 20;

/** The pages of a chunk that goes on behind it. */
const CHUNK_PAGES = Array.from({ length: CHUNK }, (_, index) => `/api/v1/logs?after=${21 + index}`);
const CHUNK_READ = [PLACE, ...CHUNK_PAGES.slice(0, -1)].map((path) => `GET ${path}`);

const accepted = reconciler.next().accepted;

/** Tasks as somebody could put them into the queue or schedule them. */
export const reconcileTasks: readonly Case[] = [
  ...forged.map(([name, body]) => ({ ...sent(`a task ${name}`, body), ...noTask })),
  ...[
    ["fields of a later version", { ...pollTask, later: 1, orgUrl: "https://evil.example" }],
    [
      "a cursor of its own",
      { ...pollTask, next: "https://evil.example/", cursor: { next: "/api/v1/users" } },
    ],
    ["a replay's fields", { ...replayTask(), ...pollTask }],
    ["names of an object's own", { ...pollTask, toString: 1, hasOwnProperty: 2 }],
  ].map(([name, body]) => ({ ...sent(`a poll with ${name}`, body), ...accepted })),
  ...windows.map(([name, since, until, fault]) => {
    const now = Date.now();
    const at = (offset: number) => new Date(now + offset).toISOString();
    const task = { ...replayTask(), since: at(since), until: at(until) };
    return {
      ...sent(`a replay ${name}`, task),
      ...failed(fault, task.id, 0),
      effects: [`object state-bucket/replays/${task.id}.json: failed`],
    };
  }),
  chunk("a replay that goes on", (task) => ({
    ...replayed("more", { ...task, counted: { pages: CHUNK } }),
    effects: [...CHUNK_READ, "continuation replay-continuation", running(task)],
  })),
  chunk(
    "a replay that goes on, with a place of its own",
    (task) => ({
      ...replayed("more", { ...task, counted: { pages: CHUNK } }),
      effects: [...CHUNK_READ, "continuation replay-continuation", running(task)],
    }),
    { next: continued.next, continued, since: "2020-01-01", dryRun: true },
  ),
  // Google's IAM decides to which queue a function may write; a refusal is reported, and never passed over.
  chunk(
    "a replay that goes on in a queue of another project",
    (task) => ({
      answer: { status: 503, body: { outcome: "retry", ...counts({ pages: CHUNK }) } },
      log: standing(
        {
          fault: "google-refused",
          message: "Google Cloud refused a call; the next run retries.",
          remedy:
            'The service account of reconcile lacks a permission, or a resource that it uses is gone. Run "pulumi up --refresh" to make it again.',
        },
        { outcome: "retry", ...counts({ pages: CHUNK }) },
        { replay: task.id, reason: "Cloud Tasks tasks.create: 403 PERMISSION_DENIED" },
      ),
      effects: [...CHUNK_READ, running(task)],
    }),
    { continuationQueue: "projects/evil/locations/l/queues/q" },
  ),
  lost("a replay that nobody has begun", {}),
  lost("a replay that has not come so far", { chunk: 2 }, PLACE),
  ...LINKS.flatMap(([name, next]) =>
    typeof next === "string" ? [lost(`a replay whose place is ${name}`, {}, next)] : [],
  ),
];

function running({ id }: { readonly id: string }): string {
  return `object state-bucket/replays/${id}.json: running`;
}

function chunk(
  name: string,
  come: (task: { readonly id: string }) => Pick<Case, "answer" | "log" | "effects">,
  changes: Readonly<Record<string, unknown>> = {},
): Case {
  const task = { ...continuation(), ...changes };
  return {
    ...sent(name, task),
    ...come(task),
    replay: { id: task.id, next: PLACE },
    pages: CHUNK_PAGES.map((path) => ({ link: `<{org}${path}>; rel="next"` })),
  };
}

/** A chunk whose place is not in the state bucket: nothing is read. */
function lost(name: string, changes: Readonly<Record<string, unknown>>, next?: string): Case {
  const task = { ...continuation(), ...changes };
  const { answer, log } = replayed("failed", { id: task.id, counted: { pages: 0 } });
  const message = "A replay cannot continue: the state bucket does not hold its position.";
  const remedy = "Start the replay again, with npm run replay.";
  return {
    ...sent(name, task),
    answer,
    log: [{ ...line("replay-failed"), message, replay: task.id, fault: "replay-lost", remedy }, ...log],
    ...(next === undefined ? {} : { replay: { id: task.id, next } }),
  };
}

function sent(name: string, body: unknown): Pick<Case, "name" | "function" | "request"> {
  return { name, function: "reconcile", request: { headers: json(), body: JSON.stringify(body) } };
}

import { type Case, json, type LogLine, line } from "../case.ts";
import type { Header } from "../raw-http.ts";
import { END_OF_LOG } from "../scripted-okta.ts";
import { CONTINUATIONS, GROUP, SECRET } from "../subjects.ts";
import { ONE_SIGN_IN, taken } from "./secrets.ts";

/** What an honest caller sends to a function, and what comes of it: a hostile request differs from it in one thing. */
export interface Honest {
  readonly function: "receive" | "grant" | "reconcile";
  /** Without the content type. */
  readonly headers: readonly Header[];
  /** The most that the function reads, in bytes. */
  readonly limit: number;
  /** Those that it answers. */
  readonly methods: string;
  /** The body of a request which none before it was like. */
  readonly next: () => { readonly body: string; readonly accepted: Pick<Case, "answer" | "log" | "effects"> };
}

export const AUTHENTIC: readonly Header[] = [["Authorization", `Bearer ${SECRET}`]];

/** The headers of an authentic delivery, besides others. */
export function authentic(...others: readonly Header[]): readonly Header[] {
  return json(...AUTHENTIC, ...others);
}

export const receiver: Honest = {
  function: "receive",
  headers: AUTHENTIC,
  limit: 1024 * 1024,
  methods: "GET, POST",
  next: () => ({ body: ONE_SIGN_IN, accepted: taken }),
};

let users = 0;

/** A person who is already a member costs no call, so each task is of another user. */
export function nextUser(): string {
  users += 1;
  return `00uUser${users}`;
}

export const membershipTask = {
  groupId: GROUP,
  userId: "00uNewcomer",
  eventUuid: "0aa1bb22-ea1e-11f0-a688-db22c99ef6c4",
  eventType: "user.session.start",
  published: "2026-01-05T10:00:01.159Z",
};

/** The record of a task that makes somebody a member. */
export function memberLine(ids: {
  readonly groupId: string;
  readonly userId: string;
  readonly eventUuid: string;
}): LogLine {
  const { eventType, published } = membershipTask;
  const said = { ...ids, outcome: "member", known: false, eventType, published };
  return { ...line("membership"), ...said };
}

/** What comes of a task that makes somebody a member. */
export function added(
  userId: string,
  eventUuid = membershipTask.eventUuid,
): Pick<Case, "answer" | "log" | "effects"> {
  return {
    answer: { status: 200, body: { outcome: "member" } },
    log: [memberLine({ groupId: GROUP, userId, eventUuid })],
    effects: [`PUT /api/v1/groups/${GROUP}/users/${userId}`],
  };
}

export const granter: Honest = {
  function: "grant",
  headers: [],
  limit: 16 * 1024,
  methods: "POST",
  next() {
    const userId = nextUser();
    return { body: JSON.stringify({ ...membershipTask, userId }), accepted: added(userId) };
  },
};

export const pollTask = { kind: "poll", continuationQueue: CONTINUATIONS };

/** What a run counts; nothing but what is given. */
export function counts(given: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> {
  return { pages: 0, events: 0, wanted: 0, queued: 0, alreadyQueued: 0, ...given };
}

export const reconciler: Honest = {
  function: "reconcile",
  headers: [],
  limit: 16 * 1024,
  methods: "POST",
  next: () => ({
    body: JSON.stringify(pollTask),
    accepted: {
      answer: { status: 200, body: { outcome: "done", ...counts({ pages: 1 }) } },
      log: [{ ...line("polled"), outcome: "done", ...counts({ pages: 1 }) }],
      effects: [`GET ${END_OF_LOG}`],
    },
  }),
};

/** A guarantee that is broken on purpose, by other text in place of the real one. */
export interface Break {
  readonly file: string;
  /** Text that stands in the file exactly once, and what stands there instead. */
  readonly edits: readonly (readonly [from: string, to: string])[];
}

/** One for each guarantee that the worlds are there to watch. */
export const breaks: Readonly<Record<string, Break>> = {
  "the cursor moves before its page is in the queue": {
    file: "function/reconcile/poll.ts",
    edits: [
      [
        "await processPage(page, run, dependencies);",
        "await checkpoint.moveTo({ next: page.next, eventTypes, reached });\n    await processPage(page, run, dependencies);",
      ],
    ],
  },
  "a poll ends without having written its last place": {
    file: "function/reconcile/poll.ts",
    edits: [["} finally {\n    await checkpoint.flush();", "} finally {"]],
  },
  "a page counts as queued although a part of it is not": {
    file: "function/reconcile/pages.ts",
    edits: [["if (failed > 0) throw", "if (failed > tasks.length) throw"]],
  },
  "tasks are named only by the group": {
    file: "function/shared/google/task-queue.ts",
    edits: [["[eventUuid, userId, groupId, ...", "[groupId, ..."]],
  },
  "tasks are named anew each time": {
    file: "function/shared/google/task-queue.ts",
    edits: [["[eventUuid, userId, groupId, ...", "[eventUuid, groupId, String(Math.random()), ..."]],
  },
  "a partly queued batch is acknowledged": {
    file: "function/receive/receive.ts",
    edits: [["if (counts.failed > 0) {", "if (counts.failed > 0 && counts.failed === tasks.length) {"]],
  },
  "the log is read from when the state bucket was made": {
    file: "function/reconcile/starting-point.ts",
    edits: [["const origin = stackSince - OVERLAP_MS", "const origin = now - OVERLAP_MS"]],
  },
  "a poll reads before it has a place to write to": {
    file: "function/reconcile/poll.ts",
    edits: [["await checkpoint.moveTo({ next: path, eventTypes, reached: since });", ""]],
  },
  "a page that is too large is passed over as a whole": {
    file: "function/reconcile/system-log.ts",
    edits: [["answer.isTooLarge && limit > 1", "answer.isTooLarge && limit > EVENTS_PER_PAGE"]],
  },
  "one request for a token that never ends is waited for by all": {
    file: "function/shared/single-flight.ts",
    edits: [
      [
        "return within(work(deadline), deadline.signal).finally(",
        "return work({ at: deadline.at, signal: new AbortController().signal }).finally(",
      ],
    ],
  },
  "what is not Okta's answer ends a task": {
    file: "function/grant/refusals.ts",
    edits: [
      [
        'return ["transient", code === undefined ? "foreign" : "refused"];',
        'return ["permanent", code === undefined ? "foreign" : "refused"];',
      ],
    ],
  },
  "a user who is not known yet ends a task": {
    file: "function/grant/grant.ts",
    edits: [["age < APPEARS_WITHIN_MS", "age < 0"]],
  },
  "a list that was read to its end is taken for everybody's": {
    file: "function/grant/member-cache.ts",
    edits: [["if (at === undefined) return false;", "if (at === undefined) return last !== undefined;"]],
  },
  "a token is neither renewed nor replaced": {
    file: "function/shared/okta/access-token.ts",
    edits: [
      ["seconds * 1000 - RENEW_BEFORE_END_MS", "Number.POSITIVE_INFINITY"],
      ["if (current?.token === token) current = undefined;", "void token;"],
    ],
  },
};

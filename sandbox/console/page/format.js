/** What each kind of step is called; in the order of `stepKinds` in sandbox/console/rows.ts. */
export const stepKinds = [
  { id: "delivery", title: "Okta delivers to receive" },
  { id: "task", title: "Task in the queue" },
  { id: "attempt", title: "Queue calls grant" },
  { id: "signature", title: "Cloud KMS signs" },
  { id: "token", title: "Okta gives a token" },
  { id: "members", title: "Okta lists members" },
  { id: "membership", title: "Okta adds the member" },
  { id: "given-up", title: "The queue gives up" },
];

/** @type {Readonly<Record<string, {mark: string, tone: string, title: string, text: string}>>} */
const outcomes = {
  recorded: {
    mark: "○",
    tone: "quiet",
    title: "not delivered yet",
    text: "Okta has recorded the event. Nothing was delivered so far; reconcile finds it in the System Log at its next run.",
  },
  "not-subscribed": {
    mark: "–",
    tone: "quiet",
    title: "no rule has this type",
    text: "No rule names this event type, so the event hook is not subscribed to it.",
  },
  undelivered: {
    mark: "!",
    tone: "warn",
    title: "not delivered",
    text: "Okta tried to deliver the event, and receive did not take it. reconcile finds it in the System Log at its next run.",
  },
  "no-group": {
    mark: "–",
    tone: "quiet",
    title: "leads to no group",
    text: "The event was delivered, and no rule matches it.",
  },
  queued: {
    mark: "…",
    tone: "busy",
    title: "in the queue",
    text: "The task is in the queue, or being sent.",
  },
  retrying: {
    mark: "↻",
    tone: "warn",
    title: "retrying",
    text: "An attempt failed. The queue keeps the task and tries again.",
  },
  member: { mark: "✓", tone: "good", title: "member", text: "The person is in the group." },
  refused: {
    mark: "✗",
    tone: "bad",
    title: "not a member",
    text: "The task has ended, and the person is not in the group.",
  },
  "given-up": {
    mark: "✗",
    tone: "bad",
    title: "given up",
    text: "The queue has tried for as long as it may.",
  },
};

/** @param {string} outcome */
export function outcomeOf(outcome) {
  return outcomes[outcome] ?? { mark: "?", tone: "quiet", title: outcome, text: "" };
}

/** Sign-ins as people call them, by event type. @type {Readonly<Record<string, string>>} */
const types = {
  "user.session.start": "signs in",
  "user.authentication.sso": "opens an app",
  "user.authentication.auth_via_mfa": "proves a factor",
};

/** @param {string} type */
export function typeTitle(type) {
  return types[type] ?? type;
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const number = new Intl.NumberFormat();

/** @param {number} at milliseconds since the epoch */
export function timeOf(at) {
  return clock.format(at);
}

/** @param {number} count */
export function numberOf(count) {
  return number.format(count);
}

/** @param {number} milliseconds */
export function durationOf(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}

/** Characters that turn the direction of the text after them, and those that cannot be seen; joiners of letters and emoji stay. */
const INVISIBLE = /(?!\u200c|\u200d)[\p{Cc}\p{Cf}]/gu;

/**
 * Text from outside for one line: what cannot be seen, or turns the direction of what follows, becomes visible.
 *
 * @param {string} text
 * @param {number} [longest]
 */
export function plain(text, longest = 200) {
  const seen = text.replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `⟨${code.toString(16).padStart(4, "0")}⟩`;
  });
  return seen.length > longest ? `${seen.slice(0, longest)}…` : seen;
}

/** @param {number} count @param {string} one @param {string} [many] */
export function plural(count, one, many = `${one}s`) {
  return `${numberOf(count)} ${count === 1 ? one : many}`;
}

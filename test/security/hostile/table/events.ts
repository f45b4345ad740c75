import { delivery, signInEvent } from "../../../support/deliveries.ts";
import { type Case, type LogLine, line, type Outcome, PERSON, refused } from "../case.ts";
import { GROUP } from "../subjects.ts";
import { authentic } from "./honest.ts";

/** Stands for lists in lists, which nothing can write that walks along them. */
const NESTED = "10,000 lists";

const DELIVERY = "7c1d3a52-0000-4000-8000-000000000001";

/** What comes of a delivery, by what the function counts of it. */
function took(
  counts: { readonly events: number; readonly skipped?: number; readonly queued?: number },
  {
    before = [],
    deliveryId = DELIVERY,
  }: { readonly before?: readonly LogLine[]; readonly deliveryId?: string } = {},
): Outcome {
  const { events, skipped = 0, queued = 0 } = counts;
  const summary = { deliveryId, events, skipped, queued, alreadyQueued: 0, failed: 0 };
  return {
    answer: { status: 204, body: "" },
    log: [...before, { ...line("delivery-taken"), ...summary }],
  };
}

function skipped(fault: string, index = 0): LogLine {
  return { ...line("event-skipped"), deliveryId: DELIVERY, index, fault };
}

const noObject = refused(400, "The body must be a JSON object.");
const noData = refused(400, 'The body has no "data" object.');
const noEvents = refused(400, 'The body has no "data.events" list.');

const envelopes: readonly (readonly [name: string, body: unknown, outcome: Outcome])[] = [
  ["a number", 7, noObject],
  ["a text", PERSON.login, noObject],
  ["true", true, noObject],
  ["null", null, noObject],
  ["an empty list", [], noObject],
  ["a list of deliveries", [delivery()], noObject],
  ["an empty object", {}, noData],
  ["no data", { ...delivery(), data: undefined }, noData],
  ["null for data", { ...delivery(), data: null }, noData],
  ["a list for data", { ...delivery(), data: [signInEvent()] }, noData],
  ["a text for data", { ...delivery(), data: JSON.stringify({ events: [] }) }, noData],
  ["data by a prototype", JSON.parse('{"__proto__":{"data":{"events":[{}]}}}'), noData],
  ["no events", { ...delivery(), data: {} }, noEvents],
  ["null for events", { ...delivery(), data: { events: null } }, noEvents],
  ["an object for events", { ...delivery(), data: { events: { 0: signInEvent(), length: 1 } } }, noEvents],
  ["a text for events", { ...delivery(), data: { events: "[]" } }, noEvents],
  ["events by a prototype", JSON.parse('{"data":{"__proto__":{"events":[{}]}}}'), noEvents],
  ["events in another place", { events: [signInEvent()], data: { event: signInEvent() } }, noEvents],
  ["no event", delivery(), took({ events: 0 })],
  ["an id that is not text", { ...delivery(), eventId: 7 }, took({ events: 0 }, { deliveryId: "" })],
  [
    "an id of what a person typed",
    { ...delivery(), eventId: PERSON.login },
    took({ events: 0 }, { deliveryId: "" }),
  ],
  [
    "an id of two lines",
    { ...delivery(), eventId: 'a"}\n{"severity":"CRITICAL"' },
    took({ events: 0 }, { deliveryId: "" }),
  ],
  [
    "an id of 100 KiB",
    { ...delivery(), eventId: "x".repeat(100 * 1024) },
    took({ events: 0 }, { deliveryId: "" }),
  ],
];

const notObject = "the event is not an object";
const noUuid = "the event has no uuid";
const noType = "the event has no eventType";
const noActor = "the event has no actor";
const noId = "the actor's id is not an Okta id";

/** Events that can never be processed: each is skipped and reported, and the honest one behind it is taken. */
const unprocessable: readonly (readonly [name: string, event: unknown, fault: string])[] = [
  ["that is null", null, notObject],
  ["that is a text", PERSON.login, notObject],
  ["that is a list", [signInEvent()], notObject],
  ["that is 10,000 lists", NESTED, notObject],
  ["that is empty", {}, noUuid],
  ["without a uuid", signInEvent({ uuid: undefined }), noUuid],
  ["with an empty uuid", signInEvent({ uuid: "" }), noUuid],
  ["with a number for its uuid", signInEvent({ uuid: 7 }), noUuid],
  ["with a list for its uuid", signInEvent({ uuid: ["0aa1bb22"] }), noUuid],
  ["with a uuid of 101 characters", signInEvent({ uuid: "x".repeat(101) }), noUuid],
  ["with a uuid of two words", signInEvent({ uuid: "no trace" }), noUuid],
  ["with a uuid that leaves its place", signInEvent({ uuid: '../"}\r\n\0' }), noUuid],
  ["without a type", signInEvent({ eventType: null }), noType],
  ["with a list for its type", signInEvent({ eventType: ["user.session.start"] }), noType],
  ["without an actor", signInEvent({ actor: null }), noActor],
  ["with a text for its actor", signInEvent({ actor: "00uNewcomer" }), noActor],
  ["with a list of actors", signInEvent({ actor: [{ id: "00uNewcomer", type: "User" }] }), noActor],
  ["with an actor by a prototype", withPrototype(), noActor],
];

/** Ids that would lead somewhere else, were they part of an address. */
const ids: readonly (readonly [name: string, id: unknown])[] = [
  ["that is missing", undefined],
  ["that is empty", ""],
  ["that is a number", 7],
  ["that is a list", ["00uNewcomer"]],
  ["that is an object", { toString: "00uNewcomer" }],
  ["of one dot", "."],
  ["of two dots", ".."],
  ["that leaves its path", "../../groups/00gAdmins/users/00uNewcomer"],
  ["that leaves its path, encoded", "..%2f..%2fgroups%2f00gAdmins"],
  ["that leaves its path by backslashes", "..\\..\\groups"],
  ["with a slash", "00uNewcomer/lifecycle"],
  ["with a query", "00uNewcomer?sendEmail=true"],
  ["with a fragment", "00uNewcomer#"],
  ["with a parameter", "00uNewcomer;a=b"],
  ["with a space", "00uNewcomer "],
  ["with a line break", "00uNewcomer\n"],
  ["with a header", "00uNewcomer HTTP/1.1\r\nX-Evil: 1"],
  ["with a zero byte", "00uNewcomer\0"],
  ["with a dot", "00u.Newcomer"],
  ["with a letter that is no ASCII", "00uNewcömer"],
  ["with digits of another script", "00u١٢٣"],
  ["with a sign that turns the writing", "00u\u202eremocweN"],
  ["with a percent sign", "%2e%2e"],
  ["that is an address", "https://evil.example/"],
  ["that is a login", PERSON.login],
  ["of a query language", "' or 1=1 --"],
  ["of 101 characters", "0".repeat(101)],
  ["of 100 KiB", "0".repeat(100 * 1024)],
];

/** Events that are well-formed and lead to nothing. */
const ignored: readonly (readonly [name: string, changes: Readonly<Record<string, unknown>>])[] = [
  ["of another type", { eventType: "user.session.end" }],
  ["of the type in upper case", { eventType: "USER.SESSION.START" }],
  ["of the type with a space", { eventType: "user.session.start " }],
  ["of a type that every object has", { eventType: "constructor" }],
  ["of a failure", { outcome: { result: "FAILURE", reason: "INVALID_CREDENTIALS" } }],
  ["of a result in lower case", { outcome: { result: "success" } }],
  ["of a result that is true", { outcome: { result: true } }],
  ["of a list with the result", { outcome: { result: ["SUCCESS"] } }],
  ["of a text for the outcome", { outcome: "SUCCESS" }],
  ["of a list of outcomes", { outcome: [{ result: "SUCCESS" }] }],
  ["of no outcome", { outcome: null }],
  ["of a result by a prototype", { outcome: JSON.parse('{"__proto__":{"result":"SUCCESS"}}') }],
  ["of a challenge", { outcome: { result: "CHALLENGE" } }],
  ["of an unknown user", { actor: { id: "unknown", type: "User", alternateId: PERSON.login } }],
  ["of a user by another name", { actor: { id: "00uNewcomer", type: "user" } }],
  ["of a list of actor types", { actor: { id: "00uNewcomer", type: ["User"] } }],
  ["of the system", { actor: { id: "00uNewcomer", type: "SystemPrincipal" } }],
  ["of an app", { actor: { id: "0oaApp", type: "PublicClientApp" } }],
  ["of nobody in particular", { actor: { id: "00uNewcomer" } }],
  [
    "of a bad id that did not succeed",
    { actor: { id: "../x", type: "User" }, outcome: { result: "FAILURE" } },
  ],
];

/** Events that count, whatever else they say. */
const counting: readonly (readonly [name: string, changes: Readonly<Record<string, unknown>>])[] = [
  ["with nothing but what must be", { target: null, client: null, debugContext: null, published: undefined }],
  ["published at no time", { published: "yesterday" }],
  ["published at a number", { published: 1e21 }],
  ["published in 100 KiB", { published: "2".repeat(100 * 1024) }],
  ["published before all time", { published: "-999999-01-01T00:00:00Z" }],
  ["with fields of a later version", { uuid: "later", actor2: { id: "../x" }, version: 9 }],
  ["with the names of an object's own", { toString: null, hasOwnProperty: 1, constructor: { name: 2 } }],
  ["with lists in its target", { target: [[[]], null, 7, { id: "../x" }] }],
  ["with what a person typed everywhere", { displayMessage: PERSON.login, severity: PERSON.name }],
  ["with 10,000 lists", { debugContext: { debugData: NESTED } }],
  ["with a group of its own", { groupId: "00gAdmins", target: [{ id: "00gAdmins", type: "UserGroup" }] }],
];

const HONEST = signInEvent({ actor: { id: "00uHonest", type: "User" } });

export const events: readonly Case[] = [
  ...envelopes.map(([name, body, outcome]) => ({
    ...sent(`a delivery of ${name}`, body),
    ...outcome,
  })),
  ...[...unprocessable, ...ids.map(([name, id]) => [`with an id ${name}`, ofUser(id), noId] as const)].map(
    ([name, event, fault]) => ({
      ...sent(`an event ${name}`, delivery(event, HONEST)),
      ...took({ events: 1, skipped: 1, queued: 1 }, { before: [skipped(fault)] }),
      effects: [`task ${GROUP} 00uHonest`],
    }),
  ),
  ...ignored.map(([name, changes]) => ({
    ...sent(`an event ${name}`, delivery(signInEvent(changes))),
    ...took({ events: 1 }),
  })),
  ...counting.map(([name, changes]) => ({
    ...sent(`an event ${name}`, delivery({ ...HONEST, ...changes })),
    ...took({ events: 1, queued: 1 }),
    effects: [`task ${GROUP} 00uHonest`],
  })),
  {
    ...sent("an event twice", delivery(HONEST, HONEST)),
    ...took({ events: 2, queued: 1 }),
    effects: [`task ${GROUP} 00uHonest`],
  },
  {
    // An invented event with the uuid of another one does not take that one's place.
    ...sent(
      "two people under one uuid",
      delivery(HONEST, { ...HONEST, actor: { id: "00uOther", type: "User" } }),
    ),
    ...took({ events: 2, queued: 2 }),
    effects: [`task ${GROUP} 00uHonest`, `task ${GROUP} 00uOther`],
  },
  {
    ...sent("100,000 events that are none", delivery(...Array(100_000).fill(0))),
    ...took(
      { events: 0, skipped: 100_000 },
      { before: Array.from({ length: 10 }, (_none, index) => skipped(notObject, index)) },
    ),
  },
];

function sent(name: string, body: unknown): Pick<Case, "name" | "function" | "request"> {
  const lists = `${"[".repeat(10_000)}${JSON.stringify(PERSON.name)}${"]".repeat(10_000)}`;
  const text = JSON.stringify(body).replace(JSON.stringify(NESTED), () => lists);
  return { name, function: "receive", request: { headers: authentic(), body: text } };
}

function ofUser(id: unknown): Record<string, unknown> {
  return signInEvent({ actor: { id, type: "User", alternateId: PERSON.login, displayName: PERSON.name } });
}

/** JSON knows no prototypes: what is called so is a field like others. */
function withPrototype(): unknown {
  const { actor, ...others } = signInEvent();
  const text = JSON.stringify({ ...others, prototype: { actor } });
  return JSON.parse(text.replace('"prototype"', '"__proto__"'));
}

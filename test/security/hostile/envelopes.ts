import fc from "fast-check";
import { createInMemoryOkta } from "../../../sandbox/okta/in-memory.ts";
import { delivery } from "../../support/deliveries.ts";
import { CANARY, change, changeOf } from "./changes.ts";
import { mutate, mutations } from "./mutations.ts";

const NOW = Date.parse("2026-01-05T10:00:00.000Z");

/** Bodies of deliveries: real ones, such whose fields were changed, and such whose bytes were. */
export function createBodies(): fc.Arbitrary<Buffer> {
  const real = realEvents();
  const events = fc.array(
    fc
      .tuple(fc.constantFrom(...real), fc.array(eventChange, { maxLength: 3 }))
      .map(([event, changes]) => changes.reduce(change, event)),
    { maxLength: 4 },
  );
  const envelopes = fc.tuple(events, fc.option(envelopeChange, { freq: 4 })).map(([list, changed]) => {
    const whole = delivery(...list);
    return Buffer.from(JSON.stringify(changed === null ? whole : change(whole, changed)));
  });
  const original = fc.constantFrom(...real.map((event) => Buffer.from(JSON.stringify(delivery(event)))));
  const mutated = fc
    .tuple(fc.oneof(original, envelopes), mutations, original)
    .map(([bytes, changes, other]) => mutate(bytes, changes, other));
  const crowds = fc
    .tuple(fc.constantFrom(...real), fc.integer({ min: 40, max: 120 }))
    .map(([event, count]) => crowd(event, count));
  const nested = fc
    .tuple(original, fc.integer({ min: 1, max: 10_000 }), fc.constantFrom("[", '{"a":'))
    .map(([bytes, depth, open]) => withNested(bytes, depth, open));
  return fc.oneof(
    { weight: 100, arbitrary: envelopes },
    { weight: 90, arbitrary: mutated },
    { weight: 6, arbitrary: fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: crowds },
    { weight: 1, arbitrary: nested },
  );
}

/** Sign-ins of every kind as Okta reports them, from both of its platforms. */
function realEvents(): readonly object[] {
  const okta = createInMemoryOkta({ url: "https://acme.okta.example", now: () => NOW });
  const logins = [`jane${CANARY}@contractor.example`, `joe${CANARY}@example.com`];
  for (const login of logins) okta.createPerson({ login, displayName: `Somebody ${CANARY}` });
  const platforms = ["identity-engine", "classic"] as const;
  const types = ["user.session.start", "user.authentication.sso", "user.authentication.auth_via_mfa"];
  const attempts = platforms.flatMap((platform) =>
    types.flatMap((eventType) => [
      ...logins.map((login) => ({ kind: "success", login, platform, eventType }) as const),
      { kind: "wrong-password", login: logins[0] ?? "", platform, eventType } as const,
      { kind: "unknown-user", login: `password ${CANARY}`, platform, eventType } as const,
      { kind: "system-principal", login: "", platform, eventType } as const,
    ]),
  );
  return okta.signIn(attempts).map((event, index) => ({
    ...steady(event, index),
    uuid: `0aa1bb22-ea1e-11f0-a688-${String(index).padStart(12, "0")}`,
    displayMessage: CANARY,
    debugContext: { debugData: { requestUri: CANARY, [CANARY]: CANARY } },
    [CANARY]: { [CANARY]: [CANARY] },
  }));
}

/** An org makes ids at random; the same event has the same ones here, so that a seed gives the same bodies again. */
function steady(event: object, index: number): object {
  let ids = 0;
  return JSON.parse(JSON.stringify(event), (name, value) => {
    if (typeof value !== "string" || value === "unknown" || !["id", "externalSessionId"].includes(name))
      return value;
    ids += 1;
    return value.slice(0, 3) + String(100 * index + ids).padStart(value.length - 3, "0");
  });
}

/** Those that decide, those that look as if they did, and such as every object has. */
const eventChange =
  changeOf(`uuid eventType published actor actor.id actor.type actor.alternateId actor.displayName
  actor.detailEntry actor.__proto__ outcome outcome.result outcome.reason outcome.__proto__ target target.0 target.0.type
  target.0.displayName client client.ipAddress client.userAgent debugContext.debugData request __proto__ constructor
  toString hasOwnProperty severity version later`);

const envelopeChange = changeOf(
  "eventId eventId eventType source data data.events data.events.0 data.__proto__ __proto__",
);

/** One event for each of many people. */
function crowd(event: object, count: number): Buffer {
  const events = Array.from({ length: count }, (_none, index) => ({
    ...event,
    uuid: `0aa1bb22-ea1e-11f0-a688-${String(index % 100).padStart(12, "0")}`,
  }));
  return Buffer.from(JSON.stringify(delivery(...events)));
}

/** Nothing can write such depth that walks along it, so it is put in as text. */
function withNested(bytes: Buffer, depth: number, open: string): Buffer {
  const lists = `${open.repeat(depth)}0${(open === "[" ? "]" : "}").repeat(depth)}`;
  return Buffer.from(bytes.toString().replace('"uuid"', `"nested":${lists},"uuid"`));
}

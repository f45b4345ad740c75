import fc from "fast-check";

/** Stands in everything that a person may have typed, and in whatever has no name here; no id can hold it. */
export const CANARY = "q!x";

/** A field, by its path, and what it is to hold; undefined takes it away. */
export type Change = readonly [path: string, value: unknown];

const PAYROLL = { type: "AppInstance", displayName: "Payroll" };

const words = `.. . ../../x a/b a%2fb 00u1 00u\\ 00uö unknown Unknown null undefined User SystemPrincipal SUCCESS success
  FAILURE DENY AppInstance Payroll user.session.start user.authentication.sso USER.SESSION.START constructor __proto__
  @contractor.example ${CANARY}@contractor.example 203.0.113.9 2026-13-45 2026-01-04 poll replay ${CANARY} 🙂`;

const strange: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...words.split(/\s+/)),
  fc.constantFrom<unknown>(
    ...[undefined, null, true, false, 0, -1, 1.5, 1e308, "", " ", "00u\n", "\0", "\u2028", "x".repeat(201)],
    ...[[], {}, [[]], [null], { "": 0 }, ["SUCCESS"], { result: "SUCCESS" }, { toString: 1, valueOf: 2 }],
    ...[[PAYROLL], [PAYROLL, null, 7], [{ id: "00u1", type: "User" }]],
    ...[`\ud800${CANARY}`, `"}\n{"severity":"CRITICAL","message":"${CANARY}"}`],
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** A change of one of these fields, whose paths stand one behind the other. */
export function changeOf(paths: string): fc.Arbitrary<Change> {
  return fc.tuple(fc.constantFrom(...paths.split(/\s+/)), strange);
}

/** A copy with one field changed; where the path leads nowhere, nothing is. */
export function change(value: unknown, [path, to]: Change): unknown {
  if (path === "") return to;
  if (typeof value !== "object" || value === null) return value;
  const [name = "", ...rest] = path.split(".");
  const field: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  const changed = change(field, [rest.join("."), to]);
  if (Array.isArray(value)) return value.length === 0 ? value : value.with(0, changed);
  // Even a field called __proto__ is one like others in JSON.
  const one = { value: changed, enumerable: true, configurable: true, writable: true };
  return Object.defineProperty({ ...value }, name, one);
}

import { type JsonObject, own } from "../../../function/shared/json.ts";
import type { Properties, PropertyValue } from "../handler.ts";
import { toProperty } from "./answers.ts";

/** An answer often says the same in another form than the program did; told in the program's form it is not a change. */

/** The text of an answer, in the program's form when both are the same but for case. */
export function sameButForCase(answer: JsonObject, known: Properties, key: string): PropertyValue {
  const [held, given] = [answer[key], known[key]];
  const same =
    typeof held === "string" && typeof given === "string" && held.toLowerCase() === given.toLowerCase();
  return same ? given : toProperty(held);
}

/** Texts that an API leaves out when they are empty. */
export function textsOf(answer: JsonObject, known: Properties, ...keys: readonly string[]): Properties {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const held = answer[key];
      if (typeof held === "string" && held !== "") return [[key, held]];
      return known[key] === "" ? [[key, ""]] : [];
    }),
  );
}

/** Fields of an answer, durations such as "0.100s" as the program writes them: "0.1s". */
export function withDurations(fields: JsonObject, known: Properties): Properties {
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [field, sameDuration(value, own(known, field))]),
  );
}

function sameDuration(held: unknown, given: PropertyValue | undefined): PropertyValue {
  const seconds = secondsOf(held);
  return seconds !== undefined && seconds === secondsOf(given) ? toProperty(given) : toProperty(held);
}

/** Protocol Buffers, JSON mapping of Duration. */
function secondsOf(value: unknown): number | undefined {
  return typeof value === "string" && /^\d+(\.\d+)?s$/.test(value) ? Number(value.slice(0, -1)) : undefined;
}

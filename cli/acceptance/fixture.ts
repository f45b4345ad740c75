import { isObject, own } from "../../function/shared/json.ts";
import type { Shape } from "./scrub.ts";

/** A call and its answer, without anything that is somebody's. */
export interface Exchange {
  /** The look in which it was made, and its place there, from 0. */
  readonly look: string;
  readonly position: number;
  readonly cloud: "okta" | "google" | "receiver";
  readonly method: string;
  /** With placeholders for ids and names. */
  readonly path: string;
  readonly status: number;
  /** The error's code, such as E0000007 or NOT_FOUND; empty without an error. */
  readonly code: string;
  readonly body: Shape;
}

/** What a round recorded, as it is replayed. */
export interface Fixture {
  /** What answered: the real clouds, or the sandbox in their place. */
  readonly from: "real clouds" | "sandbox";
  readonly hosting: "functions" | "service";
  /** The day, such as 2026-11-30. */
  readonly recorded: string;
  readonly exchanges: readonly Exchange[];
}

/**
 * In what the sandbox's answers differ from recorded ones to the same calls.
 *
 * @param recorded exchanges of a fixture
 * @param answered the sandbox's
 * @param looks those that were made; the fixture's others are left out
 * @returns a sentence for each difference
 */
export function differences(
  recorded: readonly Exchange[],
  answered: readonly Exchange[],
  looks: ReadonlySet<string>,
): readonly string[] {
  const keyOf = ({ look, position }: Exchange) => `${look}, call ${position + 1}`;
  const own = new Map(answered.map((exchange) => [keyOf(exchange), exchange]));
  return recorded
    .filter(({ look }) => looks.has(look))
    .flatMap((real) => {
      const place = `${keyOf(real)} (${real.method} ${real.path})`;
      const local = own.get(keyOf(real));
      if (local === undefined) return [`${place}: the sandbox was not asked.`];
      if (local.method !== real.method) return [`${place}: the sandbox was asked ${local.method}.`];
      if (local.status !== real.status || local.code !== real.code) {
        const text = ({ status, code }: Exchange) => `${status} ${code}`.trim();
        return [`${place}: recorded ${text(real)}, and the sandbox answers ${text(local)}.`];
      }
      return shapeDifferences(real.body, local.body, "body").map((one) => `${place}: ${one}`);
    });
}

/** The fields of which not only the type must be the same. */
const COMPARED = /\.(?:errorCode|error|code|status|state)$/;

/** The real answer may have more: the sandbox has what the program needs. */
function shapeDifferences(real: Shape, local: Shape, path: string): readonly string[] {
  // What may be null is now one and now the other.
  if (real === "null" || local === "null") return [];
  if (typeof real === "string" && typeof local === "string") {
    const type = (shape: string) => (shape.startsWith("=") ? "string" : shape);
    if (COMPARED.test(path) && real.startsWith("=") && local.startsWith("=")) {
      return real === local ? [] : [`${path}: recorded ${real.slice(1)}, not ${local.slice(1)}.`];
    }
    return type(real) === type(local) ? [] : [`${path}: recorded a ${type(real)}, not a ${type(local)}.`];
  }
  if (Array.isArray(real) && Array.isArray(local)) {
    if (real.length === 0) return [];
    return local.flatMap((item, index) => {
      const found = real.map((one) => shapeDifferences(one, item, `${path}.${index}`));
      return found.find((one) => one.length === 0) ?? found[0] ?? [];
    });
  }
  if (isObject(real) && isObject(local)) {
    return Object.entries(local).flatMap(([key, item]) => {
      const other = own(real, key);
      // The shapes of an object are shapes.
      if (other !== undefined) return shapeDifferences(other as Shape, item as Shape, `${path}.${key}`);
      return [`${path}.${key}: the recorded answer has none.`];
    });
  }
  return [`${path}: another kind of value than the recorded one.`];
}

import { hash } from "node:crypto";
import { invalidField, type OktaError } from "./errors.ts";
import type { Org } from "./state.ts";

/** Where a page of the System Log ended. */
export type LogCursor =
  /** The place in the order of arrival. */
  | { readonly form: "polling"; readonly position: number }
  /** The event shown last, by when it was published and its place in the order of arrival; and what bounds the rest. */
  | {
      readonly form: "bounded";
      readonly since: number;
      readonly published: number;
      readonly position: number;
    };

/** The cursor as it stands in a link, not to be made by anybody else. */
export function writeCursor(org: Org, cursor: LogCursor): string {
  const numbers =
    cursor.form === "polling" ? [cursor.position] : [cursor.since, cursor.published, cursor.position];
  const text = numbers.join("_");
  return `${text}_${mark(org, text)}`;
}

/**
 * The cursor of a link that this org gave.
 *
 * @param form what the rest of the request is
 * @throws OktaError E0000001 when it did not
 */
export function readCursor(org: Org, text: string, form: LogCursor["form"]): LogCursor {
  const [, numbers = "", given] = /^(.*)_([^_]*)$/.exec(text) ?? [];
  if (given !== mark(org, numbers)) throw refusedCursor();
  const [first = 0, published = 0, last = 0, ...rest] = numbers.split("_").map(Number);
  const isBounded = numbers.includes("_");
  if (rest.length > 0 || isBounded !== (form === "bounded")) throw refusedCursor();
  return isBounded
    ? { form: "bounded", since: first, published, position: last }
    : { form: "polling", position: first };
}

/** A cursor that the org does not take. */
export function refusedCursor(): OktaError {
  return invalidField("after", "The cursor is not valid or has expired");
}

function mark(org: Org, text: string): string {
  return hash("sha256", `${org.id} ${text}`).slice(0, 12);
}

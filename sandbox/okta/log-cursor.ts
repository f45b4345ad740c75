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
 * @decision A cursor that Okta did not give, or of another kind of request, is refused with 400.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Don't attempt to craft
 *   requests that use this value"; for other lists 400 "Invalid cursor." is recorded (okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_device_it/…test_list_devices_with_search_and_pagination).
 * @matters sign-in lost: `reconcile` begins anew from a time when its link is refused.
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

/**
 * A cursor that the org does not take.
 *
 * @decision A refused cursor has the code E0000001.
 * @evidence assumed: E0000029 and E0000031 are recorded for other lists; for the System Log none was found.
 * @show nothing that the product needs: which code it is.
 * @matters sandbox only: `reconcile` takes any 400 as refused.
 */
export function refusedCursor(): OktaError {
  return invalidField("after", "The cursor is not valid or has expired");
}

function mark(org: Org, text: string): string {
  return hash("sha256", `${org.id} ${text}`).slice(0, 12);
}

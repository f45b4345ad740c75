import { own } from "../../../function/shared/json.ts";
import { OktaError } from "../http/errors.ts";
import type { LogEvent } from "../model/log-event.ts";

/** Whether an event is wanted. */
export type LogFilter = (event: LogEvent) => boolean;

/**
 * What can stand in a filter here, with what it is compared with.
 *
 * @decision `target.id eq` holds if any of an event's targets has the id.
 * @evidence documentation: Okta, "Events API", Filter Examples ("Events published for a target user and application": target.id twice,
 *   joined by and); help.okta.com, "Search System Logs" (Target ID).
 * @matters misleading: `npm run explain` asks so who was put into a group.
 */
const FIELDS: Readonly<Record<string, (event: LogEvent) => readonly string[]>> = {
  eventType: (event) => [event.eventType],
  uuid: (event) => [event.uuid],
  "actor.id": (event) => [event.actor.id],
  "actor.type": (event) => [event.actor.type],
  "outcome.result": (event) => [event.outcome.result],
  "target.id": (event) => (event.target ?? []).map(({ id }) => id),
};

const TOKEN = /\s*(?:([()])|"([^"]*)"|([\w.]+))/y;

/** A part of a filter: a bracket, a text between quotation marks, or a word (a field, an operator). */
type Token = { readonly kind: "bracket" | "text" | "word"; readonly value: string };

/**
 * A filter of the System Log (Okta, "System Log query": expression filter): `field eq "value"`, joined by `and` and
 * `or`, of which `and` binds tighter, with parentheses.
 *
 * @decision A filter is `field eq "value"`, joined by `and` and `or`, with parentheses; one that is none is refused
 *   with 400 E0000053.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Expression filter",
 *   "Errors". Okta knows more operators.
 * @matters sign-in lost: `reconcile` filters by event types joined with `or`.
 *
 * @throws OktaError E0000053 when it is none
 */
export function parseLogFilter(filter: string): LogFilter {
  const tokens = tokenize(filter);
  let position = 0;
  const next = (): Token | undefined => tokens[position++];
  const skip = (kind: Token["kind"], value: string): boolean => {
    const token = tokens[position];
    const found = token?.kind === kind && token.value.toLowerCase() === value;
    if (found) position += 1;
    return found;
  };

  const either = (): LogFilter => {
    const parts = [both()];
    while (skip("word", "or")) parts.push(both());
    return (event) => parts.some((part) => part(event));
  };
  const both = (): LogFilter => {
    const parts = [one()];
    while (skip("word", "and")) parts.push(one());
    return (event) => parts.every((part) => part(event));
  };
  /**
   * @decision A parenthesis that is not closed makes a filter invalid.
   * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Errors" (invalid SCIM
   *   filter).
   * @matters sandbox only: the filter of `reconcile` is made by the program.
   */
  const one = (): LogFilter => {
    if (!skip("bracket", "(")) return comparison();
    const inner = either();
    if (!skip("bracket", ")")) throw invalidFilter(filter);
    return inner;
  };
  /**
   * @decision A comparison other than `field eq "value"`, or of an unknown field, makes a filter invalid.
   * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Errors" (operator,
   *   field is not valid). Okta knows more operators and fields.
   * @matters sandbox only: the filter of `reconcile` compares eventType.
   */
  const comparison = (): LogFilter => {
    const field = next();
    const isEqual = skip("word", "eq");
    const value = next();
    const read = field?.kind === "word" ? own(FIELDS, field.value) : undefined;
    if (read === undefined || !isEqual || value?.kind !== "text") throw invalidFilter(filter);
    return (event) => read(event).includes(value.value);
  };

  const whole = either();
  if (position < tokens.length) throw invalidFilter(filter);
  return whole;
}

/**
 * @decision A filter with a sign that no word, text or parenthesis has is invalid.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Errors".
 * @matters sandbox only: the filter of `reconcile` is made by the program.
 */
function tokenize(filter: string): readonly Token[] {
  const tokens: Token[] = [];
  const text = filter.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const [, bracket, quoted, word] = TOKEN.exec(text) ?? [];
    if (bracket !== undefined) tokens.push({ kind: "bracket", value: bracket });
    else if (quoted !== undefined) tokens.push({ kind: "text", value: quoted });
    else if (word !== undefined) tokens.push({ kind: "word", value: word });
    else throw invalidFilter(filter);
  }
  return tokens;
}

/**
 * @decision The answer to a bad filter quotes it.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Errors", the sample.
 * @matters sandbox only: the filter of `reconcile` is made by the program.
 */
function invalidFilter(filter: string): OktaError {
  return new OktaError(400, "E0000053", `Invalid filter '${filter}'`);
}

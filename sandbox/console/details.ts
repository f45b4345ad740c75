import { receiveVariables } from "../../function/shared/contract.ts";
import { parseEvents, type SystemLogEvent } from "../../function/shared/events.ts";
import { explainRules, type RulePart } from "../../infra/explain-rules.ts";
import type { Clouds } from "../environment.ts";
import type { Exchange } from "../exchange.ts";
import type { LogEvent } from "../okta/model/log-event.ts";
import type { Step, Trace } from "../traces.ts";
import { maskExchange, maskText, maskValue } from "./masking.ts";
import { stepKinds } from "./rows.ts";

/** All that is known of one event's way, without secrets. */
export interface Details {
  readonly uuid: string;
  readonly began: number;
  readonly event: LogEvent | undefined;
  /** Whether exchanges were dropped because too many events came after it. */
  readonly isShortened: boolean;
  readonly steps: readonly ShownStep[];
  readonly lines: readonly { readonly at: number; readonly function: string; readonly line: unknown }[];
  readonly verdicts: readonly Verdict[];
}

/** A step, with the exchange as it may be shown. */
export type ShownStep = Omit<Step, "exchange"> & { readonly exchange?: Exchange };

/** What a rule says of the event. */
export interface Verdict {
  readonly rule: number;
  readonly group: string;
  readonly matches: boolean;
  readonly parts: readonly RulePart[];
}

/**
 * @param event the event as Okta recorded it; undefined when it is no longer kept
 * @param secrets values that are never shown
 */
export async function detailsOf(
  trace: Trace,
  event: LogEvent | undefined,
  { okta, google }: Pick<Clouds, "okta" | "google">,
  secrets: readonly string[],
): Promise<Details> {
  const text = (given: string) => maskText(given, secrets);
  return {
    uuid: trace.uuid,
    began: trace.began,
    event,
    isShortened: trace.isShortened,
    steps: inOrder(trace.steps).map(({ exchange, ...step }) =>
      exchange === undefined ? step : { ...step, exchange: maskExchange(exchange, secrets) },
    ),
    lines: trace.lines.map(({ line, ...where }) => ({ ...where, line: maskValue(line, text) })),
    verdicts: await verdictsOf(event, { okta, google }),
  };
}

/** Steps in the order in which they began; of those that began at once, what caused another comes first. */
function inOrder(steps: readonly Step[]): readonly Step[] {
  const rank = ({ kind }: Step) => stepKinds.indexOf(kind);
  return steps.toSorted((one, other) => one.began - other.began || rank(one) - rank(other));
}

/** What each deployed rule says of an event; nothing while nothing is deployed. */
async function verdictsOf(
  event: LogEvent | undefined,
  { okta, google }: Pick<Clouds, "okta" | "google">,
): Promise<readonly Verdict[]> {
  const rules = receiveVariables.rules.as.parse(
    google.variableOf("receive", receiveVariables.rules.name) ?? "",
  );
  const parsed = event === undefined ? undefined : parsedEvent(event);
  if (rules === undefined || parsed === undefined) return [];
  const verdicts = await explainRules(rules, parsed);
  return verdicts.map(({ groupId, ...verdict }) => ({
    ...verdict,
    group: okta.content.groups.get(groupId)?.name ?? groupId,
  }));
}

/** An event as the functions read it; undefined when they skip it. */
export function parsedEvent(event: unknown): SystemLogEvent | undefined {
  return parseEvents([event]).events[0];
}

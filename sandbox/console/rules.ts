import { parse, stringify } from "yaml";
import { type Rule, receiveVariables } from "../../function/shared/contract.ts";
import { isObject, parseJson } from "../../function/shared/json.ts";
import { createLog } from "../../function/shared/log.ts";
import { createRuleMatcher } from "../../function/shared/rules.ts";
import { explainRules } from "../../infra/explain-rules.ts";
import { type CheckedRule, ruleList } from "../../infra/rules.ts";
import type { Clouds } from "../environment.ts";
import { parsedEvent, type Verdict } from "./details.ts";
import { RequestError } from "./request-error.ts";

type Sides = Pick<Clouds, "okta" | "google">;

/** What rules come to. */
export interface Trial {
  /** What is wrong with them, each in a sentence; then nothing else is said. */
  readonly faults: readonly string[];
  /** The rules as they would stand in the stack's configuration. */
  readonly yaml: string;
  readonly events: { readonly all: number; readonly matching: number };
  /** Who has signed in, or is in one of the groups, with the groups by the rules and those of now. */
  readonly people: readonly {
    readonly login: string;
    readonly name: string;
    readonly wanted: readonly string[];
    readonly now: readonly string[];
    /** An event that decided; the last one. */
    readonly event: string | undefined;
  }[];
  /** How many people there are besides those that are listed. */
  readonly more: number;
  /** What each rule says of the event that was given. */
  readonly verdicts: readonly Verdict[];
}

/** How many people are listed. */
const LISTED = 500;
/** Longer rules are refused before they are read. */
const LONGEST = 60_000;

/** The deployed rules as they stand in a stack's configuration; a default while nothing is deployed. */
export function deployedRules({ okta, google }: Sides): string {
  const text = google.variableOf("receive", receiveVariables.rules.name) ?? "";
  const rules = receiveVariables.rules.as.parse(text) ?? [
    { groupId: "App Users", on: ["user.session.start"] },
  ];
  return stringify(
    rules.map(({ groupId, ...rule }) => {
      const name = okta.content.groups.get(groupId)?.name ?? groupId;
      return { group: name, ...rule };
    }),
  );
}

/**
 * Tries rules on every event of the System Log, and on one event that is given.
 *
 * @param value `{rules: YAML or JSON, event?: JSON}`
 * @throws RequestError when the request is not of this form
 */
export async function tryRules(value: unknown, { okta }: Sides): Promise<Trial> {
  const { rules: text, event } = isObject(value) ? value : {};
  if (typeof text !== "string" || text.length > LONGEST) {
    throw new RequestError(`"rules" must be a text of at most ${LONGEST} characters.`);
  }
  const faults: string[] = [];
  const checked = readRules(text, faults);
  const nothing = { yaml: "", events: { all: 0, matching: 0 }, people: [], more: 0, verdicts: [] };
  if (checked === undefined || faults.length > 0) return { faults, ...nothing };

  // The groups of the rules are called by their names, since some may not exist yet.
  const rules: readonly Rule[] = checked.map(({ group, groupId, on, when }) => ({
    groupId: group ?? okta.content.groups.get(groupId ?? "")?.name ?? groupId ?? "",
    on,
    ...(when === undefined ? {} : { when }),
  }));
  const silent = createLog("sandbox", () => undefined);
  const match = await createRuleMatcher(rules, silent, Date.now);
  const wanted = new Map<string, { groups: Set<string>; event: string | undefined }>();
  let all = 0;
  let matching = 0;
  for (const { event: logged } of okta.content.log()) {
    if (!logged.eventType.startsWith("user.")) continue;
    all += 1;
    const parsed = parsedEvent(logged);
    if (parsed === undefined) continue;
    const groups = match(parsed).flatMap((check) => check(parsed).map(({ groupId }) => groupId));
    const person = wanted.get(parsed.actor.id) ?? { groups: new Set(), event: undefined };
    wanted.set(parsed.actor.id, person);
    person.event ??= parsed.uuid;
    if (groups.length === 0) continue;
    matching += 1;
    person.event = parsed.uuid;
    for (const group of groups) person.groups.add(group);
  }
  const named = new Set(rules.map(({ groupId }) => groupId));
  const people = [...okta.content.people.values()].flatMap(({ id, login, displayName }) => {
    const found = wanted.get(id);
    const now = okta.groupsOf(id).filter((group) => named.has(group));
    if (found === undefined && now.length === 0) return [];
    return { login, name: displayName, wanted: [...(found?.groups ?? [])], now, event: found?.event };
  });
  return {
    faults: [],
    yaml: stringify({ config: { "signin-groups:rules": checked } }),
    events: { all, matching },
    people: people.slice(0, LISTED),
    more: Math.max(people.length - LISTED, 0),
    verdicts: await verdictsOn(event, rules),
  };
}

function readRules(text: string, faults: string[]): readonly CheckedRule[] | undefined {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    // The first line says what and where; the others draw it.
    faults.push(`This is not YAML: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
    return undefined;
  }
  return ruleList.check(value, "rules", (setting, _value, remedy) => faults.push(`${setting}: ${remedy}`));
}

async function verdictsOn(given: unknown, rules: readonly Rule[]): Promise<readonly Verdict[]> {
  if (given === undefined || given === "") return [];
  const event = typeof given === "string" ? parseJson(given) : given;
  const parsed = parsedEvent(event);
  if (parsed === undefined) {
    throw new RequestError(
      "The event must be the JSON of one event of the System Log, with uuid, eventType, outcome and actor.",
    );
  }
  return (await explainRules(rules, parsed)).map(({ groupId, ...verdict }) => ({
    ...verdict,
    group: groupId,
  }));
}

import { isObject } from "../../function/shared/json.ts";
import { type LookedUp, lookUp } from "../okta/management-client.ts";
import { eventHookNamed, groupNamed, type Named, resourceSetNamed, roleNamed } from "../okta/names.ts";
import { formerNamesOf } from "../rules.ts";
import { has, type Preflight } from "./stack.ts";

/** A name that the update needs. */
interface Wanted {
  readonly named: Named;
  /** The logical name of what is renamed to it. */
  readonly former?: string;
  /** What it is, for a person. */
  readonly kind: string;
  /** Where it comes from: a setting, or else what it is. */
  readonly setting: string;
  /** @returns what Okta has by that name, if it has */
  find(orgUrl: string, name: string): Promise<LookedUp>;
  /** What to do about it, given Okta's id of what has the name. */
  remedy(id: string): string;
}

/**
 * Refuses names that are already in use in the org, for what the update will create: groups, event hook, custom role and
 * resource set. Labels of apps need not be unique (okta-developer-docs, pull request 2230: "Remove dup app label constraint").
 */
export async function checkNames(preflight: Preflight): Promise<void> {
  const { orgUrl, resources, fault, unknown: reportUnknown } = preflight;
  const unknown = new Map<string, string[]>();
  const wanted = wantedNames(preflight).filter(({ named }) => !has(resources, named));
  const answers = await Promise.all(
    wanted.map(async (one) => ({ ...one, answer: await one.find(orgUrl, one.named.name) })),
  );
  for (const { named, former, kind, setting, remedy, answer } of answers) {
    if (answer.kind === "unknown") {
      unknown.set(answer.reason, [...(unknown.get(answer.reason) ?? []), `${kind} "${named.name}"`]);
    } else if (answer.kind === "found") {
      const id = idOf(answer.body);
      // The group already has its new name: renamed by hand, or by an update that was interrupted.
      const isRenamed = resources.some(
        ({ type, name, outputs }) => type === named.type && name === former && outputs["id"] === id,
      );
      if (isRenamed) continue;
      fault(setting, named.name, `${orgUrl} has ${kind} with that name already (${id}). ${remedy(id)}`);
    }
  }
  for (const [reason, names] of unknown) {
    reportUnknown(
      `These names could not be looked up in Okta (${reason}): ${names.join(", ")}. The update fails part-way if one of them is already in use.`,
    );
  }
}

function wantedNames({ name, stack, settings }: Preflight): Wanted[] {
  const groups = new Map<string, Wanted>();
  const formerNames = formerNamesOf(settings.rules);
  for (const [index, { group }] of settings.rules.entries()) {
    if (group === undefined || groups.has(group)) continue;
    const former = formerNames.get(group);
    groups.set(group, {
      named: groupNamed(name, group),
      ...(former === undefined ? {} : { former: groupNamed(name, former).resource }),
      kind: "a group",
      setting: `rules[${index}].group`,
      find: findGroupByName,
      remedy: (id) => `To use it, write groupId: ${id} instead of group, or choose another name.`,
    });
  }
  const otherStack = `It belongs to another stack named ${stack}, or to one that was not destroyed.`;
  return [
    ...groups.values(),
    {
      named: eventHookNamed(name, stack, {
        secretNumber: settings.hookSecretRotation,
        hosting: settings.hosting,
      }),
      kind: "an event hook",
      setting: "the event hook's name",
      find: findEventHook,
      remedy: () => `${otherStack} Delete it under Workflow › Event Hooks, or give this stack another name.`,
    },
    {
      named: roleNamed(name, stack),
      kind: "a custom role",
      setting: "the admin role's label",
      find: (orgUrl, label) => lookUp(orgUrl, "roles", `/api/v1/iam/roles/${encodeURIComponent(label)}`),
      remedy: () =>
        `${otherStack} Delete it under Security › Administrators › Roles, or give this stack another name.`,
    },
    {
      named: resourceSetNamed(name, stack),
      kind: "a resource set",
      setting: "the resource set's label",
      find: (orgUrl, label) =>
        lookUp(orgUrl, "roles", `/api/v1/iam/resource-sets/${encodeURIComponent(label)}`),
      remedy: () =>
        `${otherStack} Delete it under Security › Administrators › Resources, or give this stack another name.`,
    },
  ];
}

/**
 * A group that was made in Okta, by its name; groups that come from elsewhere may share it. With its number of members
 * (Okta, "Groups API", list all groups: `search`, `expand=stats`).
 */
export async function findGroupByName(orgUrl: string, name: string): Promise<LookedUp> {
  const search = `type eq "OKTA_GROUP" and profile.name eq ${JSON.stringify(name)}`;
  const query = new URLSearchParams({ search, expand: "stats" });
  return firstOf(await lookUp(orgUrl, "groups", `/api/v1/groups?${query}`), () => true);
}

/** An org has 25 event hooks at most, and lists them all (Okta, "Event Hooks API"). */
async function findEventHook(orgUrl: string, name: string): Promise<LookedUp> {
  return firstOf(await lookUp(orgUrl, "eventHooks", "/api/v1/eventHooks"), (hook) => hook["name"] === name);
}

function firstOf(answer: LookedUp, isWanted: (one: Readonly<Record<string, unknown>>) => boolean): LookedUp {
  if (answer.kind !== "found") return answer;
  const list: readonly unknown[] = Array.isArray(answer.body) ? answer.body : [];
  const body = list.filter(isObject).find(isWanted);
  return body === undefined ? { kind: "absent" } : { ...answer, body };
}

function idOf(body: unknown): string {
  return isObject(body) ? String(body["id"]) : "unknown";
}

import { known } from "./known.ts";

/** How Google Cloud calls everybody (Google Cloud, "Principal identifiers"); an access control list puts a role before it. */
const everybody = /^(?:[A-Z]+:)?(?:allUsers|allAuthenticatedUsers)$/i;

/** Access control lists of Cloud Storage that are for everybody (Google Cloud, "Predefined ACLs"). */
const publicLists: readonly unknown[] = ["publicRead", "publicReadWrite", "authenticatedRead"];

/**
 * The role of each place in a resource's properties that lets everybody in; undefined where the place names none. It looks
 * through all of them, and through the JSON in them, such as a policy's data: whatever the service, it calls everybody the
 * same.
 */
export function rolesOfEverybody(value: unknown, role?: string): readonly (string | undefined)[] {
  if (typeof value === "string") {
    if (everybody.test(value.trim())) return [role];
    const parsed = parseObject(value);
    return parsed === undefined ? [] : rolesOfEverybody(parsed, role);
  }
  if (typeof value !== "object" || value === null) return [];
  const named = known(() => Reflect.get(value, "role"));
  const roleHere = typeof named === "string" ? named : role;
  return Object.keys(value).flatMap((key) => {
    const member: unknown = known(() => Reflect.get(value, key));
    const opens =
      ((key === "predefinedAcl" || key === "defaultAcl") && publicLists.includes(member)) ||
      // Cloud Run then asks nobody for a role (Google Cloud, "Allow public access").
      (key === "invokerIamDisabled" && member === true);
    return opens ? [undefined] : rolesOfEverybody(member, roleHere);
  });
}

function parseObject(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

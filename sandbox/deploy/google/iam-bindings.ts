import { isRecord, type JsonObject, textOf } from "./json.ts";

/** Who holds a role, perhaps under a condition (IAM, Policy: bindings). */
export interface Binding {
  readonly role: string;
  readonly members: readonly string[];
  readonly condition?: unknown;
}

/** The bindings of a policy; it has no such field when there are none. */
export function readBindings(policy: JsonObject): readonly Binding[] {
  const bindings = Array.isArray(policy["bindings"]) ? policy["bindings"] : [];
  return bindings.filter(isRecord).map(toBinding);
}

export function hasMember(
  bindings: readonly Binding[],
  role: string,
  member: string,
  condition: unknown,
): boolean {
  return bindings.some((binding) => isSame(binding, role, condition) && binding.members.includes(member));
}

export function withMember(
  bindings: readonly Binding[],
  role: string,
  member: string,
  condition: unknown,
): readonly Binding[] {
  const index = bindings.findIndex((binding) => isSame(binding, role, condition));
  if (index < 0) return [...bindings, { role, members: [member], ...(condition ? { condition } : {}) }];
  return bindings.map((binding, place) =>
    place === index ? { ...binding, members: [...new Set([...binding.members, member])] } : binding,
  );
}

/** A binding that binds nobody any more goes. */
export function withoutMember(
  bindings: readonly Binding[],
  role: string,
  member: string,
  condition: unknown,
): readonly Binding[] {
  return bindings
    .map((binding) =>
      isSame(binding, role, condition)
        ? { ...binding, members: binding.members.filter((one) => one !== member) }
        : binding,
    )
    .filter((binding) => binding.members.length > 0);
}

function toBinding(value: JsonObject): Binding {
  const members = Array.isArray(value["members"]) ? value["members"].map(String) : [];
  const binding = { role: textOf(value, "role"), members };
  return value["condition"] === undefined ? binding : { ...binding, condition: value["condition"] };
}

/** A condition is told by what it says (IAM, Conditions: a role may be bound once under each). */
function isSame(binding: Binding, role: string, condition: unknown): boolean {
  const saidBy = (value: unknown) =>
    isRecord(value)
      ? JSON.stringify([textOf(value, "title"), textOf(value, "expression"), textOf(value, "description")])
      : undefined;
  return binding.role === role && saidBy(binding.condition) === saidBy(condition);
}

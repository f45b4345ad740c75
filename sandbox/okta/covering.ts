/**
 * Whether a scope or a permission includes another: it is the same, or manages what the other reads (Okta, "Permissions").
 *
 * @decision A `.manage` scope or permission includes the `.read` of the same name, and nothing else.
 * @evidence documentation: Okta, "Permissions in Okta", included permissions.
 * @matters wrong access: the rights table and the policy pack reckon with it.
 */
export function covers(one: string, other: string): boolean {
  return one === other || one === other.replace(/\.read$/, ".manage");
}

/** Those of a kind that one includes besides itself. */
export function narrowerAmong(kind: Iterable<string>, one: string): readonly string[] {
  return [...kind].filter((other) => other !== one && covers(one, other));
}

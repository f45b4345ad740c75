/** Whether a scope or a permission includes another: it is the same, or manages what the other reads (Okta, "Permissions"). */
export function covers(one: string, other: string): boolean {
  return one === other || one === other.replace(/\.read$/, ".manage");
}

/** Those of a kind that one includes besides itself. */
export function narrowerAmong(kind: Iterable<string>, one: string): readonly string[] {
  return [...kind].filter((other) => other !== one && covers(one, other));
}

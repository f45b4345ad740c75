import { isObject } from "../../../function/shared/json.ts";

/** Merges a change into a resource: objects by their fields, and what is null goes (RFC 7396, JSON Merge Patch). */
export function mergePatch(
  resource: Readonly<Record<string, unknown>>,
  change: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const merged: Record<string, unknown> = Object.assign(Object.create(null), resource);
  for (const [key, value] of Object.entries(change)) {
    const before = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isObject(value) ? mergePatch(isObject(before) ? before : {}, value) : value;
  }
  return merged;
}

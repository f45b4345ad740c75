import { OktaError } from "../http/errors.ts";
import type { Org } from "../model/org.ts";

/**
 * Roles and resource sets can't be deleted while an assignment binds them.
 *
 * @decision A custom role or a resource set that an assignment binds can't be deleted: 400 E0000001.
 * @evidence assumed: neither documentation nor a recording was found for the deletion of a bound role or set.
 * @show what happens to an assignment whose role or resource set is deleted by hand: a refusal, or the assignment goes
 *   too.
 * @matters deployment fails: a destroy deletes the apps, and with them the assignments, before roles and resource sets.
 *
 * @throws OktaError E0000001 when one does
 */
export function requireUnbound(org: Org, part: "role" | "resourceSet", id: string): void {
  const bound = [...org.roleAssignments.values()].filter(
    (assignment) => assignment.type === "CUSTOM" && assignment[part] === id,
  );
  if (bound.length === 0) return;
  throw new OktaError(400, "E0000001", `Api validation failed: ${id}`, {
    causes: bound.map((assignment) => `${id}: It is bound by role assignment ${assignment.id}`),
  });
}

/** The header by which an answer names its own address, as the Roles and Resource Sets APIs do. */
export function selfLink(href: string): { readonly link: string } {
  return { link: `<${href}>; rel="self"` };
}

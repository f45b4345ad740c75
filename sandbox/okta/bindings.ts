import { OktaError } from "./errors.ts";
import type { Org } from "./state.ts";

/**
 * Roles and resource sets can't be deleted while an assignment binds them.
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

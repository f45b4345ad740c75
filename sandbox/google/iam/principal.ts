/** Who makes a call. */
export type Principal =
  | { readonly kind: "owner" }
  | { readonly kind: "serviceAccount"; readonly email: string }
  | { readonly kind: "anonymous" };

/** How a principal is named in notices and messages. */
export function principalName(principal: Principal): string {
  return principal.kind === "serviceAccount" ? principal.email : principal.kind;
}

/** Whether a member of a policy's binding stands for this principal (IAM, Principal identifiers). */
export function isMember(principal: Principal, member: string): boolean {
  if (member === "allUsers") return true;
  if (principal.kind === "anonymous") return false;
  if (member === "allAuthenticatedUsers") return true;
  return principal.kind === "serviceAccount" && member === `serviceAccount:${principal.email}`;
}

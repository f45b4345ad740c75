/**
 * A resource of the stack, as sandbox/console/deployment.ts describes it.
 * @typedef {{urn: string, type: string, name: string, parent?: string, dependencies: readonly string[], inputs: any,
 *   state: "creating" | "created" | "failed" | "deleted", milliseconds?: number, message?: string}} Resource
 */

/** @type {Readonly<Record<Resource["state"], {mark: string, tone: string, title: string}>>} */
export const resourceStates = {
  creating: { mark: "…", tone: "busy", title: "being made" },
  created: { mark: "✓", tone: "good", title: "there" },
  failed: { mark: "✗", tone: "bad", title: "failed" },
  deleted: { mark: "–", tone: "quiet", title: "deleted" },
};

/** What a person calls a resource. `gcp:kms/cryptoKey:CryptoKey` is `kms CryptoKey`. @param {Pick<Resource, "type" | "name">} resource */
export function resourceTitle({ type, name }) {
  const [provider = "", module = "", kind = ""] = type.split(":");
  const [namespace = ""] = module.split("/");
  const place = provider === "gcp" ? namespace : provider;
  return { kind: `${place} ${kind}`, name: name.replace(/^signin-groups-?/, "") || name };
}

/** Whether it is something in a cloud, and no component or provider. @param {Resource} resource */
export function isInCloud({ type }) {
  return /^(okta|gcp|random):/.test(type);
}

/** Whether nearly everything depends on it: an API that is enabled. Drawn, it would hide the rest. @param {Resource} resource */
export function isEnabledApi({ type }) {
  return type === "gcp:projects/service:Service";
}

/** What a resource gives to whom, when it is a right; undefined otherwise. @param {Resource} resource */
export function rightOf({ type, inputs }) {
  if (typeof inputs !== "object" || inputs === null) return undefined;
  const { role, member, scope, scopes } = inputs;
  if (typeof role === "string" && typeof member === "string") return { right: role, holder: member };
  if (/IAMMember|RoleAssignment/.test(type) && typeof role === "string")
    return { right: role, holder: String(inputs.clientId ?? member ?? "") };
  if (typeof scope === "string" || Array.isArray(scopes)) {
    return { right: [scope ?? scopes].flat().join(", "), holder: String(inputs.appId ?? "") };
  }
  return undefined;
}

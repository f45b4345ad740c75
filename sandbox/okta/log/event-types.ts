/**
 * The events of a sign-in, with the words of Okta's catalogue (Okta, "Event types").
 *
 * @decision A sign-in is recorded as user.session.start, which follows the first factor; the other events of sign-ins are
 *   of the catalogue as well.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/event-types.json, user.session.start; help.okta.com,
 *   "Okta sign-on policy evaluation".
 * @matters wrong access: docs/rules.md says which event to choose where a finished MFA must be the condition.
 */
const SIGN_IN_TYPES: Readonly<Record<string, { readonly displayMessage: string; readonly legacy?: string }>> =
  {
    "user.session.start": { displayMessage: "User login to Okta", legacy: "core.user_auth.login" },
    "user.authentication.sso": { displayMessage: "User single sign on to app" },
    "user.authentication.auth_via_mfa": { displayMessage: "Authentication of user via MFA" },
    "user.authentication.auth_via_IDP": { displayMessage: "Authenticate user via IDP" },
    "user.authentication.auth_via_social": { displayMessage: "Authenticate user via social login" },
    "user.authentication.verify": { displayMessage: "Verify user identity" },
  };

/**
 * Events that no hook can have: the catalogue does not tag them event-hook-eligible. Everything about event hooks is
 * among them, so that a hook cannot watch hooks.
 *
 * @decision Every event type of the catalogue can be delivered to a hook but those without the tag event-hook-eligible;
 *   nothing about hooks has it.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/event-types.json.
 * @matters sign-in lost: the five event types of rules have the tag.
 */
const NOT_ELIGIBLE: ReadonlySet<string> = new Set([
  "policy.evaluate_sign_on",
  "user.authentication.auth",
  "user.authentication.auth_via_AD_agent",
  "user.authentication.auth_via_LDAP_agent",
  "user.authentication.auth_via_inbound_SAML",
  "user.authentication.auth_via_inbound_delauth",
  "user.authentication.auth_via_iwa",
  "user.authentication.auth_via_radius",
  "user.authentication.auth_via_richclient",
  "user.authentication.slo",
  "user.authentication.verify",
  "user.session.access_admin_app",
  "user.session.expire",
]);

/** The names of the events of sign-ins. */
export function signInTypes(): readonly string[] {
  return Object.keys(SIGN_IN_TYPES);
}

/** How the catalogue describes an event; undefined for an event that is not a sign-in. */
export function describeSignIn(
  eventType: string,
  succeeded: boolean,
): { readonly displayMessage: string; readonly legacyEventType: string | null } | undefined {
  if (!Object.hasOwn(SIGN_IN_TYPES, eventType)) return undefined;
  const type = SIGN_IN_TYPES[eventType];
  if (type === undefined) return undefined;
  const legacyEventType =
    type.legacy === undefined ? null : `${type.legacy}_${succeeded ? "success" : "failed"}`;
  return { displayMessage: type.displayMessage, legacyEventType };
}

/** Whether a hook can subscribe to the event. */
export function isHookEligible(eventType: string): boolean {
  const wellFormed = /^[a-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)+$/.test(eventType);
  return wellFormed && !eventType.startsWith("event_hook.") && !NOT_ELIGIBLE.has(eventType);
}

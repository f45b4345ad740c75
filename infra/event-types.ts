/**
 * The events that a rule can have: those that tell of somebody who signed in or proved a factor, who is their actor, and
 * that Okta sends to event hooks (Okta, "Event types", release 2026.08.1: tag `event-hook-eligible`). It is a list, since
 * in other events, of the same families too, the actor may be an administrator, as in `user.session.clear`, or somebody
 * who leaves, as in `user.session.end`: they would get into the group.
 */
export const signInEventTypes: readonly string[] = [
  "user.session.start",
  "user.authentication.sso",
  "user.authentication.auth_via_mfa",
  "user.authentication.auth_via_IDP",
  "user.authentication.auth_via_social",
];

/** Sign-in events without that tag, which Okta never sends to an event hook, with what can be used instead. */
export const notEligibleEventTypes: Readonly<Record<string, string>> = {
  "user.authentication.verify": "user.authentication.auth_via_mfa",
  "user.authentication.auth_via_AD_agent": "user.session.start",
  "user.authentication.auth_via_LDAP_agent": "user.session.start",
  "user.authentication.auth_via_iwa": "user.session.start",
  "user.authentication.auth_via_radius": "user.session.start",
  "user.authentication.auth_via_inbound_SAML": "user.session.start",
  "policy.evaluate_sign_on": "user.session.start",
};

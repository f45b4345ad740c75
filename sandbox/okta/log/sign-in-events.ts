import { randomUUID } from "node:crypto";
import { alphanumerics, newId } from "../model/ids.ts";
import {
  authenticationContext,
  type LogAddress,
  type LogClient,
  type LogEntity,
  type LogEvent,
  SECURITY_CONTEXT,
  SYSTEM,
} from "../model/log-event.ts";
import { findPerson, type Org, timestamp } from "../model/org.ts";
import { describeSignIn, signInTypes } from "./event-types.ts";

/** Somebody tries to sign in. */
export interface SignInAttempt {
  readonly kind: "success" | "wrong-password" | "unknown-user" | "system-principal";
  /** Of a person of the org, or what was typed when nobody has it. */
  readonly login: string;
  /** What the org runs on, which decides the shape of the event. Identity Engine by default. */
  readonly platform?: "identity-engine" | "classic";
  /** `user.session.start` by default. */
  readonly eventType?: string;
}

/** An attempt that cannot be: nobody has the login, or the event is not a sign-in. */
export class SignInError extends Error {
  override readonly name = "SignInError";
}

// An address that is reserved for documentation (RFC 5737).
const ADDRESS = "203.0.113.7";

const PLACE = {
  city: "Toronto",
  state: "Ontario",
  country: "Canada",
  postalCode: "M4M",
  geolocation: { lat: 43.6, lon: -79.3 },
};

/**
 * The event that Okta writes of the attempt. A wrong password and an unknown user are events of the same type with the
 * outcome FAILURE; of an unknown user the event holds what was typed, and no id.
 *
 * @decision A failed sign-in is an event of the same type with the outcome FAILURE and a reason.
 * @evidence documentation: support.okta.com, "Common Okta login failures" (reasons); okta/okta-developer-docs 468de9c,
 *   docs/reference/system-log-query (`outcome.result eq "FAILURE"`).
 * @matters wrong access: `receive` takes only SUCCESS.
 *
 * @decision Events of Identity Engine have `ipChain` under `client`, and `device` and `insertionTimestamp`.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, the sample delivery.
 * @matters sign-in lost: `receive` reads both, and ignores what it does not know.
 *
 * @decision Events of Classic have `ipChain` under `request`, and a sign-in has no targets (null).
 * @evidence recorded: elastic/integrations,
 *   packages/okta/data_stream/system/_dev/test/pipeline/test-okta-system-events.log (user.session.start of 2020).
 * @matters sign-in lost: `receive` tolerates a null target, and ignores what it does not know.
 *
 * @decision A failed sign-in has the severity WARN.
 * @evidence assumed: no public recording of one was found.
 * @show nothing that the product needs.
 * @matters sandbox only: nothing of the product reads the severity.
 *
 * @throws SignInError when the attempt cannot be
 */
export function signInEvent(org: Org, attempt: SignInAttempt): LogEvent {
  const { kind, platform = "identity-engine", eventType = "user.session.start" } = attempt;
  const succeeded = kind === "success" || kind === "system-principal";
  const description = describeSignIn(eventType, succeeded);
  if (description === undefined) {
    throw new SignInError(
      `'${eventType}' is not an event of a sign-in. Use one of: ${signInTypes().join(", ")}.`,
    );
  }
  const identityEngine = platform === "identity-engine";
  const ipChain: readonly LogAddress[] = [
    { ip: ADDRESS, geographicalContext: PLACE, version: "V4", source: null },
  ];
  const path = identityEngine ? "/idp/idx/identify" : "/api/v1/authn";
  return {
    uuid: randomUUID(),
    published: timestamp(org),
    eventType,
    version: "0",
    ...description,
    severity: succeeded ? "INFO" : "WARN",
    actor: actorOf(org, attempt),
    outcome: succeeded
      ? { result: "SUCCESS", reason: null }
      : { result: "FAILURE", reason: identityEngine ? "VERIFICATION_ERROR" : "INVALID_CREDENTIALS" },
    target: targetOf(identityEngine, succeeded, eventType),
    client: { ...CLIENT, ...(identityEngine ? { ipChain } : {}) },
    ...(identityEngine ? { device: null, insertionTimestamp: null } : { request: { ipChain } }),
    transaction: { type: "WEB", id: alphanumerics(28), detail: {} },
    debugContext: { debugData: { requestUri: path, url: `${path}?`, threatSuspected: "false" } },
    authenticationContext: authenticationContext(
      succeeded ? `${identityEngine ? "idx" : "102"}${alphanumerics(22)}` : null,
    ),
    securityContext: SECURITY_CONTEXT,
  };
}

const CLIENT: LogClient = {
  userAgent: { rawUserAgent: "Mozilla/5.0", os: "Mac OS X", browser: "CHROME" },
  zone: "null",
  device: "Computer",
  id: null,
  ipAddress: ADDRESS,
  geographicalContext: PLACE,
};

/**
 * @decision Of an unknown user the actor has the id "unknown", and what was typed as alternateId.
 * @evidence recorded: mbegan/Okta-Identity-Cloud-for-Splunk, README/user.session.start.md; SigmaHQ/sigma,
 *   okta_password_in_alternateid_field.
 * @matters wrong access: `receive` takes only real ids; no function logs alternateId.
 */
function actorOf(org: Org, { kind, login }: SignInAttempt): LogEntity {
  if (kind === "system-principal") return SYSTEM;
  if (kind === "unknown-user") {
    return { id: "unknown", type: "User", alternateId: login, displayName: "unknown", detailEntry: null };
  }
  const person = findPerson(org, login);
  if (person === undefined) throw new SignInError("Nobody in the org has this login: make an account first.");
  if (person.status !== "ACTIVE") throw new SignInError("The account with this login is deactivated.");
  return {
    id: person.id,
    type: "User",
    alternateId: person.login,
    displayName: person.displayName,
    detailEntry: null,
  };
}

/**
 * Classic names a target only where the event is about an app.
 *
 * @decision The targets of a sign-in are the authenticator and the app; the user is the actor.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, the sample delivery.
 * @matters sign-in lost: `receive` takes the user from the actor.
 */
function targetOf(
  identityEngine: boolean,
  succeeded: boolean,
  eventType: string,
): readonly LogEntity[] | null {
  const app = entity("0oa", "AppInstance", "Okta Dashboard", "Okta Dashboard");
  if (eventType === "user.authentication.sso") return [app];
  if (!identityEngine || !succeeded) return null;
  return [entity("lae", "AuthenticatorEnrollment", "unknown", "Password"), app];
}

function entity(prefix: "0oa" | "lae", type: string, alternateId: string, displayName: string): LogEntity {
  return { id: newId(prefix), type, alternateId, displayName, detailEntry: null };
}

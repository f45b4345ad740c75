import { isObject, own } from "../../function/shared/json.ts";
import type { SignInAttempt } from "../okta/log/sign-in-events.ts";
import type { LocalOkta } from "../okta/server.ts";
import { RequestError } from "./request-error.ts";

/** What a person does at Okta, by the name that the page uses. */
const acts: Readonly<Record<string, Pick<SignInAttempt, "kind" | "eventType">>> = {
  "signs-in": { kind: "success", eventType: "user.session.start" },
  "wrong-password": { kind: "wrong-password", eventType: "user.session.start" },
  "unknown-user": { kind: "unknown-user", eventType: "user.session.start" },
  mfa: { kind: "success", eventType: "user.authentication.auth_via_mfa" },
  app: { kind: "success", eventType: "user.authentication.sso" },
  "not-a-person": { kind: "system-principal", eventType: "user.session.start" },
};

/** What a page asks for. */
export interface SignInRequest {
  readonly login: string;
  readonly displayName: string | undefined;
  readonly attempt: Pick<SignInAttempt, "kind" | "eventType" | "platform">;
  /** How many people; with more than one, a number is added to the login of each. */
  readonly count: number;
}

/** The longest name that the page may ask for: longer than anybody's, so that it shows what becomes of such a name. */
const LONGEST_NAME = 20_000;
const LONGEST_LOGIN = 100;
const LARGEST_BATCH = 500;

/** @throws RequestError */
export function readSignIn(value: unknown): SignInRequest {
  if (!isObject(value)) throw new RequestError('Send an object such as {"login": "jane@example.com"}.');
  const { login, displayName, act = "signs-in", engine = "identity-engine", count = 1 } = value;
  if (typeof login !== "string" || login.trim() === "" || login.length > LONGEST_LOGIN) {
    throw new RequestError(
      `The login must be a text of 1 to ${LONGEST_LOGIN} characters, such as jane@example.com.`,
    );
  }
  if (displayName !== undefined && (typeof displayName !== "string" || displayName.length > LONGEST_NAME)) {
    throw new RequestError(`The name must be a text of at most ${LONGEST_NAME} characters.`);
  }
  const attempt = own(acts, String(act));
  if (attempt === undefined) throw new RequestError(`"act" must be one of: ${Object.keys(acts).join(", ")}.`);
  if (engine !== "identity-engine" && engine !== "classic") {
    throw new RequestError('"engine" must be identity-engine or classic.');
  }
  if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > LARGEST_BATCH) {
    throw new RequestError(`The batch must be a whole number from 1 to ${LARGEST_BATCH}.`);
  }
  const name = displayName === undefined || displayName.trim() === "" ? undefined : displayName;
  return { login: login.trim(), displayName: name, attempt: { ...attempt, platform: engine }, count };
}

/**
 * Lets people sign in, all at once: Okta delivers their events in one batch. Who has no account gets one first.
 *
 * @returns the uuids of the events
 */
export function signPeopleIn(okta: LocalOkta, request: SignInRequest): readonly string[] {
  const { login, displayName, attempt, count } = request;
  const logins =
    count === 1 ? [login] : Array.from({ length: count }, (_, index) => numbered(login, index + 1));
  for (const one of logins) {
    if (attempt.kind !== "success" && attempt.kind !== "wrong-password") continue;
    if (okta.content.person(one) === undefined) {
      okta.createPerson({ login: one, displayName: displayName ?? nameOf(one) });
    }
  }
  return okta.signIn(logins.map((one) => ({ ...attempt, login: one }))).map(({ uuid }) => uuid);
}

/** jane@example.com, the second: jane-2@example.com. */
function numbered(login: string, number: number): string {
  const at = login.indexOf("@");
  return at < 0 ? `${login}-${number}` : `${login.slice(0, at)}-${number}${login.slice(at)}`;
}

/** "jane.doe@example.com" is Jane Doe. */
function nameOf(login: string): string {
  const [name = login] = login.split("@");
  const words = name.split(/[._-]+/).filter((part) => part !== "");
  return words.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join(" ") || login;
}

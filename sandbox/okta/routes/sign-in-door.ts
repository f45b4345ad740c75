import { isObject } from "../../../function/shared/json.ts";
import type { Routes } from "../http/routes.ts";
import { type SignInAttempt, SignInError } from "../log/sign-in-events.ts";
import type { LogEvent } from "../model/log-event.ts";
import { findPerson, type Org } from "../model/org.ts";
import { createPerson } from "./people.ts";

/** The path of the door. */
export const DOOR = "/sandbox/sign-ins";

const KINDS = ["success", "wrong-password", "unknown-user", "system-principal"] as const;
const PLATFORMS = ["identity-engine", "classic"] as const;

/**
 * The way in for a person who tries the sandbox, and no part of Okta: `POST /sandbox/sign-ins` with one attempt or a
 * list of them. A person without an account gets one first. Answers 202 with the events; 400 with a sentence.
 */
export function addSignInDoor(
  routes: Routes,
  org: Org,
  signIn: (attempts: readonly SignInAttempt[]) => readonly LogEvent[],
): void {
  /**
   * @own The door is the sandbox's own, and no part of Okta.
   */
  routes.post(DOOR, async (context) => {
    try {
      const attempts = readAttempts(context.req.header("content-type"), await context.req.text());
      for (const { kind, login } of attempts) {
        const needsAccount = kind === "success" || kind === "wrong-password";
        if (needsAccount && findPerson(org, login) === undefined) {
          createPerson(org, { login, displayName: displayNameOf(login) });
        }
      }
      return Response.json(signIn(attempts), { status: 202 });
    } catch (error) {
      if (error instanceof SignInError) return Response.json({ error: error.message }, { status: 400 });
      throw error;
    }
  });
}

// A page from elsewhere in the browser can send forms and plain text here, but not JSON.
function readAttempts(contentType: string | undefined, body: string): readonly SignInAttempt[] {
  if (contentType?.split(";")[0]?.trim().toLowerCase() !== "application/json") {
    throw new SignInError("Send JSON, with the header Content-Type: application/json.");
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new SignInError('The body is not JSON. Send {"login": "jane@example.com"} or a list of such.');
  }
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 0) throw new SignInError("The list is empty: send at least one sign-in.");
  return items.map(readAttempt);
}

function readAttempt(value: unknown): SignInAttempt {
  if (!isObject(value))
    throw new SignInError('A sign-in is an object such as {"login": "jane@example.com"}.');
  const { login, kind = "success", platform = "identity-engine", eventType = "user.session.start" } = value;
  if (typeof login !== "string" || login.trim() === "" || login.length > 100) {
    throw new SignInError('"login" must be a text of 1 to 100 characters.');
  }
  if (typeof eventType !== "string") throw new SignInError('"eventType" must be a text.');
  return {
    login,
    kind: oneOf("kind", kind, KINDS),
    platform: oneOf("platform", platform, PLATFORMS),
    eventType,
  };
}

function oneOf<Choice extends string>(name: string, value: unknown, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new SignInError(`"${name}" must be one of: ${choices.join(", ")}.`);
  return found;
}

/** "jane.doe@example.com" is Jane Doe. */
function displayNameOf(login: string): string {
  const [name = login] = login.split("@");
  return name
    .split(/[._-]+/)
    .filter((part) => part !== "")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join(" ");
}

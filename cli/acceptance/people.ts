import { randomBytes } from "node:crypto";
import { AccessError } from "../command.ts";
import { objectOf, wordOf } from "./look.ts";
import type { Probe } from "./probe.ts";

/** Somebody who exists for a round only. */
export interface Person {
  readonly id: string;
  readonly login: string;
  readonly password: string;
}

/**
 * Makes an active person with a password. Nobody gets mail: example.com belongs to nobody (RFC 2606).
 *
 * @param name the first part of their login
 * @throws AccessError when Okta refuses
 */
export async function createPerson(probe: Pick<Probe, "okta">, name: string): Promise<Person> {
  const login = `${name}@example.com`;
  // A password of the default policy has each kind of character.
  const password = `Aa1!${randomBytes(24).toString("base64url")}`;
  const answer = await probe.okta("POST", "/api/v1/users?activate=true", {
    body: {
      profile: { login, email: login, firstName: "Acceptance", lastName: "Test" },
      credentials: { password: { value: password } },
    },
  });
  const { id } = objectOf(answer);
  if (answer.status === 200 && typeof id === "string") return { id, login, password };
  throw new AccessError(
    `Okta does not create a test person (${wordOf(answer)}). Pulumi's credentials need a super administrator's rights, and as an app the scope okta.users.manage.`,
  );
}

/** Deletes somebody. @returns whether they are gone */
export async function deletePerson(probe: Pick<Probe, "okta">, id: string): Promise<boolean> {
  // The first deletes nobody who is active, but deactivates them.
  await probe.okta("DELETE", `/api/v1/users/${id}`);
  await probe.okta("DELETE", `/api/v1/users/${id}`);
  return (await probe.okta("GET", `/api/v1/users/${id}`)).status === 404;
}

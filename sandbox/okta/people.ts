import { administrator, apiTokenOnly } from "./administration.ts";
import { duplicate, forbidden, invalidField, notFound } from "./errors.ts";
import { newId } from "./ids.ts";
import type { Routes } from "./routes.ts";
import type { Org } from "./state.ts";

/** A user of the org. */
export interface Person {
  readonly id: string;
  readonly login: string;
  readonly displayName: string;
  readonly status: "ACTIVE" | "DEPROVISIONED";
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly lastUpdated: number;
}

/** The user that owns the API token. */
export function createAdministrator(now: number): Person {
  return newPerson({ login: "administrator@example.com", displayName: "Ada Administrator" }, now);
}

/**
 * Makes an active user, who is a member of Everyone from then on.
 *
 * @throws OktaError when the login is blank or taken
 */
export function createPerson(org: Org, profile: { login: string; displayName: string }): Person {
  if (profile.login.trim() === "") throw invalidField("login", "The field cannot be left blank");
  if (findPerson(org, profile.login) !== undefined) throw duplicate("login");
  const person = newPerson(profile, org.now());
  org.people.set(person.id, person);
  org.logins.set(person.login.toLowerCase(), person.id);
  org.everyone.members.add(person.id);
  return person;
}

/** By id, or by login in whatever case. */
export function findPerson(org: Org, idOrLogin: string): Person | undefined {
  return org.people.get(idOrLogin) ?? org.people.get(org.logins.get(idOrLogin.toLowerCase()) ?? "");
}

/** A user as the API shows them. */
export function personDocument(org: Org, person: Person): unknown {
  const created = new Date(person.created).toISOString();
  const lastUpdated = new Date(person.lastUpdated).toISOString();
  const [firstName = "", ...rest] = person.displayName.split(" ");
  return {
    id: person.id,
    status: person.status,
    created,
    activated: created,
    statusChanged: lastUpdated,
    lastLogin: null,
    lastUpdated,
    passwordChanged: created,
    type: { id: "oty00000000000000001" },
    profile: {
      firstName,
      lastName: rest.join(" "),
      displayName: person.displayName,
      mobilePhone: null,
      secondEmail: null,
      login: person.login,
      email: person.login,
    },
    credentials: { password: {}, provider: { type: "OKTA", name: "OKTA" } },
    _links: { self: { href: `${org.url}/api/v1/users/${person.id}` } },
  };
}

/** Users API: the caller, one user, and deactivation (which also ends every membership). */
export function addPeopleRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.users.read");
  const manage = administrator(org, "okta.users.manage");
  const get = (idOrLogin: string): Person => {
    const person = findPerson(org, idOrLogin);
    if (person === undefined) throw notFound(idOrLogin, "User");
    return person;
  };

  routes.get("/api/v1/users/me", apiTokenOnly, () =>
    Response.json(personDocument(org, get(org.administratorId))),
  );

  routes.get("/api/v1/users/:idOrLogin", read, (context) =>
    Response.json(personDocument(org, get(context.req.param("idOrLogin")))),
  );

  routes.post("/api/v1/users/:id/lifecycle/deactivate", manage, (context) => {
    const person = get(context.req.param("id"));
    if (person.id === org.administratorId) throw forbidden();
    org.people.set(person.id, { ...person, status: "DEPROVISIONED", lastUpdated: org.now() });
    for (const group of org.groups.values()) group.members.remove(person.id);
    return Response.json({});
  });
}

function newPerson(profile: { login: string; displayName: string }, now: number): Person {
  return {
    id: newId("00u"),
    login: profile.login,
    displayName: profile.displayName,
    status: "ACTIVE",
    created: now,
    lastUpdated: now,
  };
}

import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import { administrator, apiTokenOnly } from "../auth/access-control.ts";
import { duplicate, forbidden, invalidField, notFound } from "../http/errors.ts";
import { object, readObject, text } from "../http/fields.ts";
import { noContent, type Routes } from "../http/routes.ts";
import { idOfType } from "../model/ids.ts";
import { findPerson, type Org } from "../model/org.ts";
import { newPerson, type Person } from "../model/person.ts";
import { ROLE_LABELS } from "../model/roles.ts";

/**
 * Makes an active user, who is a member of Everyone from then on.
 *
 * @own It makes people for the sandbox and its tests; no call of the API does.
 *
 * @throws OktaError when the login is blank or taken
 */
export function createPerson(
  org: Org,
  profile: { readonly login: string; readonly displayName: string; readonly password?: string },
): Person {
  if (profile.login.trim() === "") throw invalidField("login", "The field cannot be left blank");
  if (findPerson(org, profile.login) !== undefined) throw duplicate("login");
  const person = newPerson(profile, org.now());
  org.people.set(person.id, person);
  org.logins.set(person.login.toLowerCase(), person.id);
  if (profile.password !== undefined) org.passwords.set(person.id, profile.password);
  org.everyone.members.add(person.id);
  return person;
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

/** Users API: the caller, one user, creation, deactivation and deletion. */
export function addPeopleRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.users.read");
  const manage = administrator(org, "okta.users.manage");
  /**
   * @decision A user is found by id or login; one that is not there is 404 E0000007 (User).
   * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_users_it/…test_create_get_user;
   *   Shopify/oktakit 8aa89c6, spec/cassettes/404.yml.
   * @matters sandbox only: the product asks for users by id, and only to add them.
   */
  const get = (idOrLogin: string): Person => {
    const person = findPerson(org, idOrLogin);
    if (person === undefined) throw notFound(idOrLogin, "User");
    return person;
  };

  /**
   * @decision /users/me answers with the owner of the API token.
   * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/config/config.go (two calls at each start with an
   *   API token).
   * @matters deployment fails: the provider stops when it fails.
   */
  routes.get("/api/v1/users/me", apiTokenOnly, () =>
    Response.json(personDocument(org, get(org.administratorId))),
  );

  /**
   * @decision A user is shown with id, status, times, profile and credentials without a password.
   * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_users_it/…test_create_get_user.
   * @matters sandbox only: the product reads no user.
   */
  routes.get("/api/v1/users/:idOrLogin", read, (context) =>
    Response.json(personDocument(org, get(context.req.param("idOrLogin")))),
  );

  /**
   * @decision The groups of a user are listed with id, type and profile, Everyone among them.
   * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_users_it/…test_list_user_groups.
   * @matters misleading: `npm run smoke -- --user` sees by it that somebody has become a member.
   */
  routes.get("/api/v1/users/:id/groups", read, (context) => {
    const { id } = get(context.req.param("id"));
    const groups = [...org.groups.values()].filter(({ members }) => members.has(id));
    return Response.json(
      groups.map((group) => ({ id: group.id, type: group.type, profile: { name: group.name } })),
    );
  });

  /**
   * @decision The admin roles of a user are listed in one answer, for which an app needs the scope okta.roles.read.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listAssignedRolesForUser.
   * @matters misleading: `npm run doctor` says whether the API token is a super administrator's.
   */
  routes.get("/api/v1/users/:id/roles", administrator(org, "okta.roles.read"), (context) => {
    const person = get(context.req.param("id"));
    const type = org.settings.administratorRole;
    const held = person.id === org.administratorId ? [type] : [];
    return Response.json(
      held.map((role) => ({
        id: idOfType(role),
        label: ROLE_LABELS[role],
        type: role,
        status: "ACTIVE",
        assignmentType: "USER",
      })),
    );
  });

  /**
   * @decision A user is made with 200 from a profile with login, email and names, with a password when one is given.
   * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_users_it/…test_create_get_user.
   * @matters sandbox only: `npm run acceptance` makes its own people, and the product none.
   *
   * @own Every user is ACTIVE here, as with `activate=true` and a password.
   */
  routes.post("/api/v1/users", manage, async (context) => {
    const body = await readObject(context.req);
    const profile = object(body, "profile");
    const names = ["firstName", "lastName"].map((name) => text(profile, `profile.${name}`, 50));
    text(profile, "profile.email", 100);
    const password = passwordIn(body);
    const person = createPerson(org, {
      login: text(profile, "profile.login", 100),
      displayName: names.join(" "),
      ...(password === undefined ? {} : { password }),
    });
    return Response.json(personDocument(org, person));
  });

  /**
   * @decision A DELETE of a user is answered with 204: the first one deactivates a user who is not, the next one deletes, and then
   * the user is 404.
   * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_users_it/…test_create_get_user (twice 204, then
   * 404). documentation: help.okta.com, Workflows, "Delete User": a second one is necessary to delete an active user.
   * @matters sandbox only: `npm run acceptance` deletes its own people, and the product nobody.
   */
  routes.delete("/api/v1/users/:id", manage, (context) => {
    const person = get(context.req.param("id"));
    if (person.id === org.administratorId) throw forbidden();
    if (person.status === "ACTIVE") {
      org.people.set(person.id, { ...person, status: "DEPROVISIONED", lastUpdated: org.now() });
      return noContent();
    }
    org.people.delete(person.id);
    org.logins.delete(person.login.toLowerCase());
    org.passwords.delete(person.id);
    for (const { members } of org.groups.values()) members.remove(person.id);
    return noContent();
  });

  /**
   * @decision A user is deactivated with 200 and {}.
   * @evidence recorded: Shopify/oktakit 8aa89c6, spec/cassettes/deactivate_user.yml.
   * @matters sandbox only: the product deactivates nobody.
   *
   * @decision A deactivated user stays a member of their groups.
   * @evidence documentation: support.okta.com, "Can an Application Be Assigned to a Deactivated User" ("deactivating a
   *   user will not remove the group memberships").
   * @matters wrong access: a person who is activated again is in the group without a new sign-in.
   *
   * @decision The owner of the API token can't be deactivated by it.
   * @evidence assumed: not looked up; the sandbox would lose its only administrator.
   * @show nothing that the product needs.
   * @matters sandbox only: the product deactivates nobody.
   */
  routes.post("/api/v1/users/:id/lifecycle/deactivate", manage, (context) => {
    const person = get(context.req.param("id"));
    if (person.id === org.administratorId) throw forbidden();
    org.people.set(person.id, { ...person, status: "DEPROVISIONED", lastUpdated: org.now() });
    return Response.json({});
  });
}

function passwordIn(body: JsonObject): string | undefined {
  const { credentials } = body;
  const password = isObject(credentials) ? credentials["password"] : undefined;
  return isObject(password) ? text(password, "credentials.password.value", 72) : undefined;
}

import { OktaError } from "../http/errors.ts";
import { readObject } from "../http/fields.ts";
import type { Routes } from "../http/routes.ts";
import type { SignInAttempt } from "../log/sign-in-events.ts";
import { alphanumerics } from "../model/ids.ts";
import { findPerson, type Org } from "../model/org.ts";

/** Authentication API: primary authentication with a password, open to anybody. */
export function addAuthenticationRoute(
  routes: Routes,
  org: Org,
  signIn: (attempts: readonly SignInAttempt[]) => unknown,
): void {
  /**
   * @decision A user who gives the right password, and needs no second factor, is answered with 200, SUCCESS and a session token; the
   * System Log then has user.session.start.
   * @evidence documentation: okta/okta-developer-docs, docs/reference/api/authn (as it was before the reference moved), "Primary authentication":
   * response with status SUCCESS and sessionToken. That the event is written already by this call, and not only when the session token is
   * exchanged for a session, is assumed in this row.
   * @matters misleading: `npm run smoke -- --user` signs in so when it has the password.
   */
  routes.post("/api/v1/authn", async (context) => {
    const { username, password } = await readObject(context.req);
    const login = String(username);
    const person = findPerson(org, login);
    const isRight = person !== undefined && org.passwords.get(person.id) === password;
    signIn([{ kind: isRight ? "success" : person === undefined ? "unknown-user" : "wrong-password", login }]);
    /**
     * @decision A wrong password, and a login that nobody has, are refused with 401 E0000004.
     * @evidence documentation: okta/okta-developer-docs 468de9c, data/error-codes.json, E0000004 ("Authentication failed").
     * @matters misleading: `npm run smoke -- --user` shows the code.
     */
    if (!isRight) throw new OktaError(401, "E0000004", "Authentication failed");
    return Response.json({
      status: "SUCCESS",
      sessionToken: alphanumerics(30),
      expiresAt: new Date(org.now() + 300_000).toISOString(),
      _embedded: { user: { id: person.id, profile: { login: person.login } } },
    });
  });
}

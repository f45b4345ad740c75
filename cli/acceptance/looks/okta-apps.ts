import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { TOKEN_PATH } from "../../../function/shared/okta/access-token.ts";
import { type Decision, defineLook, listOf, objectOf, type Rows, wordOf } from "../look.ts";
import { createPerson, deletePerson } from "../people.ts";
import type { Answer, Probe } from "../probe.ts";
import { ABSENT_GROUP, ABSENT_USER, createGroup, randomName } from "./temporary.ts";

const APPS = "okta/routes/apps.ts";
const GRANTS = "okta/routes/grants.ts";
const ASSERTION = "okta/auth/client-assertion.ts";
const TOKEN = "okta/auth/token-endpoint.ts";
const ACCESS = "okta/auth/access-control.ts";
const ROLES = "okta/routes/roles.ts";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const WRITES = "okta.groups.manage";

/** A right may need a moment until all of Okta knows it: how long that is waited for, in milliseconds. */
const RIGHTS_MS = 30_000;
const PAUSE_MS = 2_000;

/** An app of its own, whose key exists for the look only: its tokens, its rights, and what is left when it has gone. */
export const oktaApps = defineLook(
  { id: "okta-apps", after: "look" },
  async (probe) => {
    const { okta, stack } = probe;
    const name = randomName();
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const made = await okta("POST", "/api/v1/apps", { body: appBody(name, publicKey) });
    const clientId = String(objectOf(made)["id"]);
    const app = `/api/v1/apps/${clientId}`;
    const client = createClient(probe, clientId, privateKey);
    const grant = (scopeId: string, issuer = stack.orgUrl) =>
      okta("POST", `${app}/grants`, { body: { scopeId, issuer } });
    const group = await createGroup(probe, name);
    const groupId = String(objectOf(group)["id"]);
    const person = await createPerson(probe, name);
    const role = await okta("POST", "/api/v1/iam/roles", {
      body: {
        label: name,
        description: "Made by npm run acceptance; can be deleted.",
        permissions: ["okta.groups.members.manage", "okta.groups.read", "okta.users.groupMembership.manage"],
      },
    });
    const set = await okta("POST", "/api/v1/iam/resource-sets", {
      body: {
        label: name,
        description: "Made by npm run acceptance; can be deleted.",
        resources: [`${stack.orgUrl}/api/v1/groups/${groupId}`, `${stack.orgUrl}/api/v1/users`],
      },
    });
    const rolePath = `/api/v1/iam/roles/${String(objectOf(role)["id"])}`;
    const setPath = `/api/v1/iam/resource-sets/${String(objectOf(set)["id"])}`;
    const member = `/api/v1/groups/${groupId}/users/${person.id}`;
    try {
      const ungranted = await client.token();
      const granted = await grant(WRITES);
      const again = await grant(WRITES);
      const noScope = await grant("okta.nothing.read");
      const otherIssuer = await grant("okta.groups.read", "https://elsewhere.example");
      const given = await client.token();
      const authorization = `Bearer ${String(objectOf(given)["access_token"])}`;
      const token = {
        given,
        otherScope: await client.token({ scope: "okta.logs.read" }),
        unknownScope: await client.token({ scope: "okta.nothing.read" }),
        withoutScope: await client.token({ scope: "" }),
        otherAudience: await client.token({ claims: { aud: `${stack.orgUrl}/elsewhere` } }),
        otherIssuer: await client.token({ claims: { iss: "0oa00000000000000000" } }),
        tooLong: await client.token({ claims: { exp: client.now() + 7_200 } }),
        early: await client.token({ claims: { iat: client.now() + 1_800, exp: client.now() + 3_000 } }),
        otherKid: await client.token({ kid: "another-key" }),
        otherKey: await client.token({ key: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey }),
        ...(await client.twice()),
        json: await client.json(),
        withoutAssertion: await client.send({ grant_type: "client_credentials", scope: WRITES }),
        otherGrantType: await client.token({ grantType: "password" }),
      };
      const missing = await okta("PUT", `/api/v1/groups/${ABSENT_GROUP}/users/${ABSENT_USER}`, {
        authorization,
      });
      const withoutRole = await okta("PUT", member, { authorization });
      const logs = await okta("GET", "/api/v1/logs?limit=1", { authorization });
      const unknownToken = await okta("GET", `/api/v1/groups/${groupId}`, {
        authorization: "Bearer nobody-gave-this-token",
      });
      const roles = `/oauth2/v1/clients/${clientId}/roles`;
      const assigned = await okta("POST", roles, {
        body: {
          type: "CUSTOM",
          role: objectOf(role)["id"],
          "resource-set": objectOf(set)["id"],
        },
      });
      const written = await untilAllowed(probe, () => okta("PUT", member, { authorization }));
      const listed = await untilAllowed(probe, () =>
        okta("GET", `/api/v1/groups/${groupId}/users?limit=1`, { authorization }),
      );
      const boundRole = await okta("DELETE", rolePath);
      const boundSet = await okta("DELETE", setPath);
      const active = await okta("DELETE", app);
      const deactivated = await okta("POST", `${app}/lifecycle/deactivate`);
      const ended = await okta("GET", `/api/v1/groups/${groupId}/users?limit=1`, { authorization });
      const inactive = await client.token();
      const deleted = await okta("DELETE", app);
      return {
        ...{ made, ungranted, granted, again, noScope, otherIssuer, token, missing, withoutRole, logs },
        ...{ unknownToken, assigned, written, listed, boundRole, boundSet, active, deactivated, ended },
        ...{ inactive, deleted },
        goneClient: await client.token(),
        goneGrants: await okta("GET", `${app}/grants`),
        goneRoles: await okta("GET", roles),
        gone: await okta("GET", app),
      };
    } finally {
      await okta("POST", `${app}/lifecycle/deactivate`);
      for (const path of [app, rolePath, setPath, `/api/v1/groups/${groupId}`]) await okta("DELETE", path);
      await deletePerson(probe, person.id);
    }
  },
  ({ answers, shows }) => [
    answers([APPS, "An app is made with 200"], "200", ({ made }) => made),
    answers([GRANTS, "A scope that is granted is answered with 200."], "200", ({ granted }) => granted),
    answers([GRANTS, "A scope that is granted already is refused"], "400 E0000001", ({ again }) => again),
    shows(
      [GRANTS, "A scope that does not exist, or another issuer than the org"],
      "400 E0000001, and 400 E0000001",
      ({ noScope, otherIssuer }) => {
        const seen = `${wordOf(noScope)}, and ${wordOf(otherIssuer)}`;
        return [seen === "400 E0000001, and 400 E0000001", seen];
      },
    ),
    shows(
      [TOKEN, "A service app gets a Bearer token"],
      "200 with token_type Bearer",
      ({ token: { given } }) => {
        const seen = `${wordOf(given)} with token_type ${String(objectOf(given)["token_type"])}`;
        return [seen === "200 with token_type Bearer", seen];
      },
    ),
    shows([TOKEN, "A token for scopes of Okta's API is valid for 3,600"], "3600", ({ token: { given } }) => {
      const seconds = objectOf(given)["expires_in"];
      return [seconds === undefined ? undefined : seconds === 3600, String(seconds)];
    }),
    answers(
      [TOKEN, "A client gets those of the scopes it asks for that were granted"],
      "400 consent_required",
      ({ token }) => token.otherScope,
    ),
    answers(
      [TOKEN, "A scope that Okta's API does not have"],
      "400 invalid_scope",
      ({ token }) => token.unknownScope,
    ),
    answers(
      [TOKEN, "A token request without a scope"],
      "400 invalid_scope",
      ({ token }) => token.withoutScope,
    ),
    answers([TOKEN, "A token request that is not a form"], "400 invalid_request", ({ token }) => token.json),
    answers(
      [TOKEN, "Without a client assertion"],
      "401 invalid_client",
      ({ token }) => token.withoutAssertion,
    ),
    answers(
      [TOKEN, "A token request without a grant type is refused"],
      "400 unsupported_grant_type",
      ({ token }) => token.otherGrantType,
    ),
    answers(
      [ASSERTION, "The audience of an assertion must be exactly"],
      "401 invalid_client",
      ({ token }) => token.otherAudience,
    ),
    answers(
      [ASSERTION, "Issuer and subject of an assertion"],
      "401 invalid_client",
      ({ token }) => token.otherIssuer,
    ),
    answers(
      [ASSERTION, "An assertion must end within the next hour"],
      "401 invalid_client",
      ({ token }) => token.tooLong,
    ),
    answers(
      [ASSERTION, "An assertion that was issued ahead of Okta's clock"],
      "401 invalid_client",
      ({ token }) => token.early,
    ),
    answers(
      [ASSERTION, "The kid of an assertion must be that of an active key"],
      "401 invalid_client",
      ({ token }) => token.otherKid,
    ),
    answers(
      [ASSERTION, "An assertion whose signature does not fit the key"],
      "401 invalid_client",
      ({ token }) => token.otherKey,
    ),
    shows(
      [ASSERTION, "An assertion with a `jti` works once"],
      "200, and 401 invalid_client",
      ({ token: { first, second } }) => {
        const seen = `${wordOf(first)}, and ${wordOf(second)}`;
        return [first.status === 200 ? seen === "200, and 401 invalid_client" : undefined, seen];
      },
    ),
    answers(
      ["okta/routes/memberships.ts", "Who may call learns of a missing group or user"],
      "404 E0000007",
      ({ missing }) => missing,
    ),
    answers(
      [ACCESS, "Writing a membership needs, besides the scope"],
      "403 E0000006",
      (all) => all.withoutRole,
    ),
    answers([ACCESS, "An app's token needs the scope that the operation names"], "403", ({ logs }) => logs),
    shows(
      [ACCESS, "An access token that is unknown or has ended"],
      '401 E0000011 with error="invalid_token"',
      ({ unknownToken }) => {
        const challenge = unknownToken.headers["www-authenticate"] ?? "";
        const [error = "no challenge"] = /error="\w+"/.exec(challenge) ?? [];
        const seen = `${wordOf(unknownToken)} with ${error}`;
        return [seen === '401 E0000011 with error="invalid_token"', seen];
      },
    ),
    answers(
      ["okta/routes/role-assignments.ts", "A role that is given to a client"],
      "201",
      ({ assigned }) => assigned,
    ),
    allowed(
      shows,
      [ACCESS, "These two permissions, together with okta.groups.read"],
      "204",
      ({ written }) => written,
    ),
    allowed(shows, [ACCESS, "Listing a group's members needs no permission"], "200", ({ listed }) => listed),
    shows(
      [ROLES, "A custom role or a resource set that an assignment binds"],
      "400 E0000001, and 400 E0000001",
      ({ assigned, boundRole, boundSet }) => {
        const seen = `${wordOf(boundRole)}, and ${wordOf(boundSet)}`;
        if (assigned.status !== 201 && assigned.status !== 200) return [undefined, "there was no assignment"];
        return [seen === "400 E0000001, and 400 E0000001", seen];
      },
    ),
    answers([APPS, "An active app can't be deleted"], "403 E0000056", ({ active }) => active),
    answers([APPS, "An app is deactivated with 200"], "200", ({ deactivated }) => deactivated),
    answers(
      [ACCESS, "An access token ends at once when its app is deactivated"],
      "401 E0000011",
      ({ listed, ended }) => (listed.status === 200 ? ended : undefined),
    ),
    answers(
      [ASSERTION, "A client whose app is inactive gets no token"],
      "401 invalid_client",
      ({ inactive }) => inactive,
    ),
    answers([APPS, "An inactive app is deleted with 204."], "204", ({ deleted }) => deleted),
    answers(
      [ASSERTION, "A client that does not exist"],
      "401 invalid_client",
      ({ goneClient }) => goneClient,
    ),
    answers([APPS, "An app that is not there is answered"], "404 E0000007", ({ gone }) => gone),
    answers(
      ["okta/routes/role-assignments.ts", "Roles of a client that is not there"],
      "404 E0000007",
      ({ goneRoles }) => goneRoles,
    ),
    shows([APPS, "The grants and role assignments of an app go with it."], "none is listed", (all) => {
      const { goneGrants, goneRoles } = all;
      const listed = [goneGrants, goneRoles].flatMap((answer) => listOf(answer));
      const isKnown = [goneGrants, goneRoles].every(({ status }) => status === 200 || status === 404);
      return [isKnown ? listed.length === 0 : undefined, `${listed.length} are listed`];
    }),
  ],
);

/** A right that a call of the app needs: 403 there means that the decision is wrong, not that the caller lacks a right. */
function allowed<Answers>(
  shows: Rows<Answers>["shows"],
  decision: Decision,
  expected: string,
  pick: (answers: Answers) => Answer,
) {
  return shows(decision, expected, (all) => {
    const answer = pick(all);
    const isKnown = answer.status === Number(expected) || answer.status === 403;
    return [isKnown ? answer.status === Number(expected) : undefined, wordOf(answer)];
  });
}

/** Asks again while Okta may not know the right yet. */
async function untilAllowed({ clock, signal }: Probe, ask: () => Promise<Answer>): Promise<Answer> {
  const end = clock.now() + RIGHTS_MS;
  while (true) {
    const answer = await ask();
    if (answer.status !== 403 || clock.now() >= end || signal.aborted) return answer;
    await clock.sleep(PAUSE_MS, signal);
  }
}

/** As Pulumi's provider makes a service app. */
function appBody(label: string, publicKey: KeyObject): object {
  const { kty, e, n } = publicKey.export({ format: "jwk" });
  return {
    name: "oidc_client",
    label,
    signOnMode: "OPENID_CONNECT",
    credentials: { oauthClient: { token_endpoint_auth_method: "private_key_jwt" } },
    settings: {
      oauthClient: {
        application_type: "service",
        grant_types: ["client_credentials"],
        response_types: ["token"],
        dpop_bound_access_tokens: false,
        jwks: { keys: [{ kty, e, n, kid: KEY_ID, status: "ACTIVE" }] },
      },
    },
  };
}

const KEY_ID = "acceptance";

/** What is not as it should be in a token request. */
interface TokenRequest {
  readonly scope?: string;
  readonly grantType?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly kid?: string;
  readonly key?: KeyObject;
}

/** Asks for tokens as the app (Okta, "Implement OAuth for Okta with a service app"). */
function createClient({ okta, stack, clock }: Probe, clientId: string, privateKey: KeyObject) {
  const now = () => Math.floor(clock.now() / 1000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const assertion = ({ claims = {}, kid = KEY_ID, key = privateKey }: TokenRequest): string => {
    const content = `${encode({ alg: "RS256", typ: "JWT", kid })}.${encode({
      iss: clientId,
      sub: clientId,
      aud: stack.orgUrl + TOKEN_PATH,
      // The clocks may differ a little.
      iat: now() - 60,
      exp: now() + 300,
      jti: randomUUID(),
      ...claims,
    })}`;
    return `${content}.${sign("RSA-SHA256", Buffer.from(content), key).toString("base64url")}`;
  };
  const formOf = (request: TokenRequest) => ({
    grant_type: request.grantType ?? "client_credentials",
    ...(request.scope === "" ? {} : { scope: request.scope ?? WRITES }),
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion(request),
  });
  const send = (form: Readonly<Record<string, string>>) =>
    okta("POST", TOKEN_PATH, { form, authorization: undefined });
  return {
    now,
    send,
    token: (request: TokenRequest = {}) => send(formOf(request)),
    json: () => okta("POST", TOKEN_PATH, { body: formOf({}), authorization: undefined }),
    /** The same assertion two times. */
    async twice() {
      const form = formOf({});
      return { first: await send(form), second: await send(form) };
    },
  };
}

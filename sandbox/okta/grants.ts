import { administrator } from "./administration.ts";
import { getApp } from "./apps.ts";
import { invalidField, notFound } from "./errors.ts";
import { readObject, text } from "./fields.ts";
import { newId } from "./ids.ts";
import { noContent, type Routes } from "./routes.ts";
import { isScope } from "./scopes.ts";
import type { Org } from "./state.ts";

/** A scope of Okta's API that an app may ask for. */
export interface Grant {
  readonly id: string;
  readonly clientId: string;
  readonly scopeId: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** The scopes that were granted to an app. */
export function grantedScopes(org: Org, clientId: string): ReadonlySet<string> {
  return new Set(grantsOf(org, clientId).map(({ scopeId }) => scopeId));
}

/** Application Grants API: list, grant, revoke. */
export function addGrantRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.appGrants.read");
  const manage = administrator(org, "okta.appGrants.manage");
  routes.get("/api/v1/apps/:id/grants", read, (context) => {
    const app = getApp(org, context.req.param("id"));
    return Response.json(grantsOf(org, app.id).map((grant) => grantDocument(org, grant)));
  });

  routes.post("/api/v1/apps/:id/grants", manage, async (context) => {
    const app = getApp(org, context.req.param("id"));
    const body = await readObject(context.req);
    const scopeId = text(body, "scopeId");
    if (!isScope(scopeId)) throw invalidField("scopeId", `There is no scope '${scopeId}'`);
    if (text(body, "issuer") !== org.url) throw invalidField("issuer", `The issuer must be ${org.url}`);
    if (grantedScopes(org, app.id).has(scopeId)) {
      throw invalidField("scopeId", `The scope '${scopeId}' is granted to this app already`);
    }
    const grant: Grant = { id: newId("oag"), clientId: app.id, scopeId, created: org.now() };
    org.grants.set(grant.id, grant);
    /**
     * @decision A scope that is granted is answered with 200.
     * @evidence recorded: okta/okta-sdk-python v3.4.4
     * tests/integration/cassettes/test_applications_it/…test_grant_consent_to_scope (2020)
     * @matters The provider takes any 2xx.
     */
    const _embedded = { scope: { id: scopeId } };
    return Response.json({ ...grantDocument(org, grant), _embedded });
  });

  routes.delete("/api/v1/apps/:id/grants/:grantId", manage, (context) => {
    const app = getApp(org, context.req.param("id"));
    const grantId = context.req.param("grantId");
    if (org.grants.get(grantId)?.clientId !== app.id) throw notFound(grantId, "OAuth2ScopeConsentGrant");
    org.grants.delete(grantId);
    return noContent();
  });
}

function grantsOf(org: Org, clientId: string): readonly Grant[] {
  return [...org.grants.values()].filter((grant) => grant.clientId === clientId);
}

function grantDocument(org: Org, grant: Grant): object {
  const created = new Date(grant.created).toISOString();
  const app = `${org.url}/api/v1/apps/${grant.clientId}`;
  const title = getApp(org, grant.clientId).settings.label;
  return {
    id: grant.id,
    status: "ACTIVE",
    created,
    createdBy: { id: org.administratorId, type: "User" },
    lastUpdated: created,
    issuer: org.url,
    clientId: grant.clientId,
    scopeId: grant.scopeId,
    source: "ADMIN",
    _links: {
      app: { href: app, title },
      self: { href: `${app}/grants/${grant.id}`, hints: { allow: ["GET", "DELETE"] } },
      client: { href: `${org.url}/oauth2/v1/clients/${grant.clientId}`, title },
    },
  };
}

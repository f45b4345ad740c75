import { administrator } from "./administration.ts";
import { appDocument } from "./app-document.ts";
import { type AppSettings, readAppSettings } from "./app-settings.ts";
import { keyOf, roleAssignmentsOf } from "./assignments.ts";
import { notFound, OktaError } from "./errors.ts";
import { readObject } from "./fields.ts";
import { newId } from "./ids.ts";
import { noContent, type Routes } from "./routes.ts";
import type { Org } from "./state.ts";

/** A service app. Its id is its OAuth client id. */
export interface App {
  readonly id: string;
  readonly status: "ACTIVE" | "INACTIVE";
  readonly settings: AppSettings;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly lastUpdated: number;
}

/** @throws OktaError E0000007 when there is none */
export function getApp(org: Org, id: string): App {
  const app = org.apps.get(id);
  if (app === undefined) throw notFound(id, "AppInstance");
  return app;
}

/** Applications API: create, show, replace, activate, deactivate, delete. */
export function addAppRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.apps.read");
  const manage = administrator(org, "okta.apps.manage");
  const setStatus = (id: string, status: App["status"]): Response => {
    org.apps.set(id, { ...getApp(org, id), status, lastUpdated: org.now() });
    return Response.json({});
  };

  routes.post("/api/v1/apps", manage, async (context) => {
    const settings = readAppSettings(await readObject(context.req));
    const status = context.req.query("activate") === "false" ? "INACTIVE" : "ACTIVE";
    const app: App = { id: newId("0oa"), status, settings, created: org.now(), lastUpdated: org.now() };
    org.apps.set(app.id, app);
    return Response.json(appDocument(org, app));
  });

  routes.get("/api/v1/apps/:id", read, (context) =>
    Response.json(appDocument(org, getApp(org, context.req.param("id")))),
  );

  routes.put("/api/v1/apps/:id", manage, async (context) => {
    const app = getApp(org, context.req.param("id"));
    const settings = readAppSettings(await readObject(context.req));
    const changed = { ...app, settings, lastUpdated: org.now() };
    org.apps.set(app.id, changed);
    return Response.json(appDocument(org, changed));
  });

  routes.post("/api/v1/apps/:id/lifecycle/activate", manage, (context) =>
    setStatus(context.req.param("id"), "ACTIVE"),
  );

  routes.post("/api/v1/apps/:id/lifecycle/deactivate", manage, (context) =>
    setStatus(context.req.param("id"), "INACTIVE"),
  );

  routes.delete("/api/v1/apps/:id", manage, (context) => {
    const app = getApp(org, context.req.param("id"));
    /**
     * @decision An active app can't be deleted: 403 E0000056.
     * @evidence recorded: okta/okta-sdk-python v3.4.4
     * tests/integration/cassettes/test_application_features_it/…test_error_handling_app_without_provisioning
     * @matters The provider deactivates an app before it deletes it.
     */
    if (app.status === "ACTIVE") {
      throw new OktaError(403, "E0000056", "Delete application forbidden.", {
        causes: ["The application must be deactivated before deletion."],
      });
    }
    org.apps.delete(app.id);
    for (const { id, clientId } of org.grants.values()) if (clientId === app.id) org.grants.delete(id);
    for (const assignment of roleAssignmentsOf(org, app.id)) org.roleAssignments.delete(keyOf(assignment));
    return noContent();
  });
}

import { isDeepStrictEqual } from "node:util";
import { administrator } from "../auth/access-control.ts";
import { readHookSettings } from "../hooks/settings.ts";
import type { VerifyHook } from "../hooks/verification.ts";
import { duplicate, forbidden, invalidField, notFound, OktaError } from "../http/errors.ts";
import { readObject } from "../http/fields.ts";
import { noContent, type Routes } from "../http/routes.ts";
import { type EventHook, HOOK_STATUSES } from "../model/event-hook.ts";
import { newId } from "../model/ids.ts";
import { type Org, timestamp } from "../model/org.ts";

/** How many hooks an org can have (Okta, "Event hooks"). */
const MAXIMUM_HOOKS = 25;

/** Event Hooks API: create, show, replace, verify, activate, deactivate, delete. */
export function addEventHookRoutes(routes: Routes, org: Org, verify: VerifyHook): void {
  const read = administrator(org, "okta.eventHooks.read");
  const manage = administrator(org, "okta.eventHooks.manage");
  /**
   * @decision A hook that is not there is answered with 404 E0000007 and the kind (Webhook).
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_event_hooks_it/…test_delete_event_hook.
   * @matters deployment fails: the provider drops the hook from the state at a refresh.
   */
  const get = (id: string): EventHook => {
    const hook = org.eventHooks.get(id);
    if (hook === undefined) throw notFound(id, "Webhook");
    return hook;
  };
  const save = (hook: EventHook): Response => {
    const saved = { ...hook, lastUpdated: timestamp(org) };
    org.eventHooks.set(hook.id, saved);
    return Response.json(hookDocument(org, saved));
  };
  /**
   * @decision Two hooks can't have the same name: 400 E0000001.
   * @evidence documentation: okta/okta-developer-docs, docs/reference/api/event-hooks (as it was before a6fc4859f6),
   *   name: unique, 1 to 255 characters. The words of the refusal are the sandbox's.
   * @matters deployment fails: an update stops at a name that is taken.
   */
  const requireUniqueName = (hook: Pick<EventHook, "id" | "name">): void => {
    for (const other of org.eventHooks.values()) {
      if (other.id !== hook.id && other.name === hook.name) throw duplicate("name");
    }
  };

  /**
   * @decision All hooks are listed in one answer.
   * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_event_hooks_it (GET
   *   /api/v1/eventHooks).
   * @matters sandbox only: the product lists no hooks but to find a name that is taken.
   */
  routes.get("/api/v1/eventHooks", read, () =>
    Response.json([...org.eventHooks.values()].map((hook) => hookDocument(org, hook))),
  );

  /**
   * @decision A hook is made with 200, ACTIVE and UNVERIFIED; its secret is never shown again.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_event_hooks_it/…test_create_get_event_hook.
   * @matters deployment fails: the program verifies it in the same update.
   *
   * @decision An org has at most 25 hooks: 400 E0000001 beyond.
   * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, "25 active and verified event
   *   hooks". The code is the sandbox's.
   * @matters deployment fails: an org that has 25 already refuses the hook, or its verification.
   */
  routes.post("/api/v1/eventHooks", manage, async (context) => {
    const settings = readHookSettings(await readObject(context.req));
    if (org.eventHooks.size >= MAXIMUM_HOOKS) {
      throw invalidField("eventHooks", `An org can have at most ${MAXIMUM_HOOKS} event hooks`);
    }
    const hook: EventHook = {
      ...settings,
      id: newId("who"),
      status: "ACTIVE",
      verificationStatus: "UNVERIFIED",
      created: timestamp(org),
      lastUpdated: timestamp(org),
    };
    requireUniqueName(hook);
    return save(hook);
  });

  /**
   * @decision A hook is read with 200 in the form in which it was answered when it was made.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_event_hooks_it/…test_create_get_event_hook.
   * @matters deployment fails: the provider keeps the secret from its state.
   */
  routes.get("/api/v1/eventHooks/:id", read, (context) =>
    Response.json(hookDocument(org, get(context.req.param("id")))),
  );

  /**
   * @decision A replaced hook whose channel is another one is UNVERIFIED. It takes the status that the body names.
   * @evidence recorded: okta/terraform-provider-okta v6.12.0
   * test/fixtures/vcr/idaas/TestAccResourceOktaEventHookVerification_crud (another URI) and
   * TestAccResourceOktaEventHook_crud (status)
   * @matters sign-in lost: the program verifies a hook again in the update that changes its channel.
   */
  routes.put("/api/v1/eventHooks/:id", manage, async (context) => {
    const hook = get(context.req.param("id"));
    const body = await readObject(context.req);
    const settings = readHookSettings(body);
    const status = HOOK_STATUSES.find((one) => one === body["status"]) ?? hook.status;
    requireUniqueName({ id: hook.id, name: settings.name });
    const same = isDeepStrictEqual(hook.channel, settings.channel);
    const verificationStatus = same ? hook.verificationStatus : "UNVERIFIED";
    return save({ ...hook, ...settings, status, verificationStatus });
  });

  /**
   * @decision A hook that answers the challenge is VERIFIED, and answered with 200.
   * @evidence recorded: okta/terraform-provider-okta v6.12.0,
   *   test/fixtures/vcr/idaas/TestAccResourceOktaEventHookVerification_crud.
   * @matters sign-in lost: only a verified hook gets events.
   *
   * @decision A hook whose channel changes while it is verified stays UNVERIFIED.
   * @evidence assumed: no public answer was found.
   * @show nothing that the product needs.
   * @matters sandbox only: an update changes and verifies one after the other.
   */
  routes.post("/api/v1/eventHooks/:id/lifecycle/verify", manage, async (context) => {
    const hook = get(context.req.param("id"));
    const refusal = await verify(hook);
    const current = get(hook.id);
    if (refusal !== undefined || current.channel !== hook.channel) throw unverified(hook);
    return save({ ...current, verificationStatus: "VERIFIED" });
  });

  /**
   * @decision A hook is activated with 200, and keeps its verification.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_event_hooks_it/…test_activate_event_hook.
   * @matters sandbox only: the program's hooks are always active.
   */
  routes.post("/api/v1/eventHooks/:id/lifecycle/activate", manage, (context) =>
    save({ ...get(context.req.param("id")), status: "ACTIVE" }),
  );

  /**
   * @decision A hook is deactivated with 200; it then gets no events.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_event_hooks_it/…test_activate_event_hook.
   * @matters deployment fails: the provider deactivates a hook before it deletes it.
   */
  routes.post("/api/v1/eventHooks/:id/lifecycle/deactivate", manage, (context) =>
    save({ ...get(context.req.param("id")), status: "INACTIVE" }),
  );

  /**
   * @decision An inactive hook is deleted with 204.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_event_hooks_it/…test_delete_event_hook.
   * @matters deployment fails: a destroy ends with it.
   *
   * @decision An active hook can't be deleted: 403 E0000006.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, deleteEventHook ("only delete event hooks
   *   with a status of INACTIVE"), whose only fitting answer is 403.
   * @matters deployment fails: the provider deactivates it first.
   */
  routes.delete("/api/v1/eventHooks/:id", manage, (context) => {
    const hook = get(context.req.param("id"));
    if (hook.status === "ACTIVE") throw forbidden();
    org.eventHooks.delete(hook.id);
    return noContent();
  });
}

/**
 * @decision A verification that fails is answered with 400 E0000001, and a cause that names the hook, not the reason.
 * @evidence recorded: Okta support, "Unable to verify event hook. Hook <hook name> execution failed"
 * (https://support.okta.com/help/s/article/Unable-to-verify-event-hook-Hook-hook-name-execution-failed)
 * @matters misleading: who deploys learns the reason from the receiver's log, not from Okta.
 */
function unverified({ name }: EventHook): OktaError {
  return new OktaError(400, "E0000001", "Api validation failed: eventHook", {
    causes: [`Unable to verify event hook. Hook ${name} execution failed`],
  });
}

function hookDocument(org: Org, hook: EventHook): unknown {
  const { uri, headers, authScheme } = hook.channel;
  const href = `${org.url}/api/v1/eventHooks/${hook.id}`;
  const self = { self: { href } };
  const link = (name: string) => ({
    [name]: { href: `${href}/lifecycle/${name}`, hints: { allow: ["POST"] } },
  });
  return {
    id: hook.id,
    name: hook.name,
    description: hook.description,
    status: hook.status,
    verificationStatus: hook.verificationStatus,
    created: hook.created,
    createdBy: org.administratorId,
    lastUpdated: hook.lastUpdated,
    events: { type: "EVENT_TYPE", items: hook.events, filter: null },
    channel: {
      type: "HTTP",
      version: "1.0.0",
      config: {
        uri,
        headers,
        method: "POST",
        authScheme: authScheme === null ? null : { type: "HEADER", key: authScheme.key },
      },
    },
    /**
     * @decision An active hook links to its verification and its deactivation, an inactive one to its activation and its
     * deletion.
     * @evidence recorded: okta/terraform-provider-okta v6.12.0 test/fixtures/vcr/idaas/TestAccResourceOktaEventHook_crud
     * @matters sandbox only: nothing of the product follows them.
     */
    _links:
      hook.status === "ACTIVE"
        ? { ...self, ...link("verify"), ...link("deactivate") }
        : { ...link("activate"), ...self, delete: { href, hints: { allow: ["DELETE"] } } },
  };
}

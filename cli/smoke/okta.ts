import { isObject } from "../../function/shared/json.ts";
import { lookUp } from "../../infra/okta/management-client.ts";
import type { StateResource } from "../configuration.ts";
import { type Finding, finding } from "../findings.ts";
import type { LookUps } from "../look-ups.ts";
import { listOf } from "../okta.ts";

/** What is looked at in Okta, with the credentials of Pulumi. */
export interface OktaSmoke {
  /** Name of the component. */
  readonly component: string;
  readonly orgUrl: string;
  readonly resources: readonly StateResource[];
  readonly hookUrl: string;
  readonly lookUps: LookUps;
}

/** The type of event hooks for Pulumi. */
export const EVENT_HOOK_TYPE = "okta:index/eventHook:EventHook";
const APP = "okta:app/oAuth:OAuth";
const SCOPES = "okta:index/appOauthApiScope:AppOauthApiScope";
const ROLE = "okta:app/oauthRoleAssignment:OauthRoleAssignment";

/** The event hooks of the stack, and the rights of its apps. */
export async function lookAtOkta(smoke: OktaSmoke): Promise<readonly Finding[]> {
  const { resources } = smoke;
  const found = await Promise.all([
    ...resources.filter(({ type }) => type === EVENT_HOOK_TYPE).map((hook) => lookAtHook(hook, smoke)),
    ...resources.filter(({ type }) => type === APP).map((app) => lookAtRights(app, smoke)),
  ]);
  return found.flat();
}

async function lookAtHook(
  { id, inputs }: StateResource,
  { orgUrl, hookUrl, lookUps }: OktaSmoke,
): Promise<readonly Finding[]> {
  const { ok, failure, unknown } = finding("event-hook");
  const name = `"${String(inputs["name"])}"`;
  const answer = await lookUps.run("the event hook", () =>
    lookUp(orgUrl, "eventHooks", `/api/v1/eventHooks/${id}`),
  );
  const repair = { command: "pulumi up --refresh" };
  if (answer.kind === "absent") return [failure(`The event hook ${name} is gone.`, repair)];
  if (answer.kind === "unknown" || !isObject(answer.body)) {
    return [
      unknown(
        `The event hook ${name}: ${answer.kind === "unknown" ? answer.reason : "Okta does not answer"}.`,
      ),
    ];
  }
  const { status, verificationStatus, events, channel } = answer.body;
  if (status !== "ACTIVE") {
    return [
      failure(`The event hook ${name} is ${String(status)}: Okta delivers nothing to it.`, {
        fix: "Activate it: Workflow › Event Hooks. What was missed meanwhile, reconcile finds.",
      }),
    ];
  }
  if (verificationStatus !== "VERIFIED") {
    return [
      failure(
        `The event hook ${name} is ${String(verificationStatus)}: Okta delivers nothing to it.`,
        repair,
      ),
    ];
  }
  const uri = isObject(channel) && isObject(channel["config"]) ? channel["config"]["uri"] : undefined;
  if (uri !== hookUrl)
    return [failure(`The event hook ${name} delivers to ${String(uri)}, not to ${hookUrl}.`, repair)];
  const items = isObject(events) && Array.isArray(events["items"]) ? events["items"] : [];
  const missing = textsOf(inputs["events"]).filter((type) => !items.includes(type));
  if (missing.length > 0) {
    return [failure(`The event hook ${name} does not get ${missing.join(", ")}.`, repair)];
  }
  return [ok(`The event hook ${name} is ACTIVE and VERIFIED.`)];
}

/** An app must have the scopes and the role that the program gives it, and no others. */
async function lookAtRights(
  app: StateResource,
  { component, orgUrl, resources, lookUps }: OktaSmoke,
): Promise<readonly Finding[]> {
  const clientId = String(app.outputs["clientId"]);
  const name = app.name.slice(component.length + 1);
  const { ok, failure, unknown } = finding(`rights-${name.replace(/-\d+$/, "")}`);
  const scopes = resources.find(({ type, inputs }) => type === SCOPES && inputs["appId"] === app.id);
  const roles = resources.filter(({ type, inputs }) => type === ROLE && inputs["clientId"] === clientId);
  const [grants, assigned] = await Promise.all([
    lookUps.run(`the scopes of ${name}`, () => lookUp(orgUrl, "appGrants", `/api/v1/apps/${app.id}/grants`)),
    lookUps.run(`the roles of ${name}`, () =>
      lookUp(orgUrl, "roles", `/oauth2/v1/clients/${clientId}/roles`),
    ),
  ]);
  for (const answer of [grants, assigned]) {
    if (answer.kind === "absent") {
      return [
        failure(`The app ${name} is gone.`, { fix: "docs/deleted-by-hand.md says how to create it again." }),
      ];
    }
    if (answer.kind === "unknown") return [unknown(`The rights of the app ${name}: ${answer.reason}.`)];
  }
  const held = listOf(grants).map((grant) => String(grant["scopeId"]));
  const types = listOf(assigned).map((role) => String(role["type"]));
  const wanted = textsOf(scopes?.inputs["scopes"]);
  const wantedTypes = roles.map(({ inputs }) => String(inputs["type"]));
  const missing = [...without(wanted, held), ...without(wantedTypes, types)];
  const spare = [...without(held, wanted), ...without(types, wantedTypes)];
  if (missing.length > 0) {
    return [
      failure(`The app ${name} lacks ${missing.join(", ")}.`, {
        fix: "docs/deleted-by-hand.md says how to give it back.",
        command: "pulumi up --refresh",
      }),
    ];
  }
  if (spare.length > 0) {
    return [
      failure(`The app ${name} has more rights than the program gives it: ${spare.join(", ")}.`, {
        fix: `Take ${spare.length === 1 ? "it" : "them"} away: Applications › the app › Okta API Scopes, Admin roles.`,
      }),
    ];
  }
  return [ok(`The app ${name} has exactly ${held.join(", ")} and the role ${types.join(", ")}.`)];
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** What one list has and another lacks. */
function without(list: readonly string[], other: readonly string[]): readonly string[] {
  return list.filter((one) => !other.includes(one));
}

import { TokenError } from "../../function/shared/errors.ts";
import { isObject, type JsonObject, parseJson } from "../../function/shared/json.ts";
import { headerOf, type OktaAnswer } from "../../function/shared/okta/client.ts";
import { describeFault, type Fault } from "../../infra/errors.ts";
import {
  findAppTokens,
  findManagementClient,
  lookUp,
  messageOf,
} from "../../infra/okta/management-client.ts";
import { eventHookNamed } from "../../infra/okta/names.ts";
import { readProviderSettings } from "../../infra/okta/provider-settings.ts";
import { outboundFetch } from "../../infra/outbound-fetch.ts";
import { checkDeletedGroups, checkExistingGroups } from "../../infra/preflight/groups.ts";
import { checkPublicClientAdmins } from "../../infra/preflight/public-client-admins.ts";
import { has, type Preflight, type StackResource } from "../../infra/preflight/stack.ts";
import { checkNames } from "../../infra/preflight/taken-names.ts";
import type { Settings } from "../../infra/settings.ts";
import { type Finding, finding } from "../findings.ts";
import type { LookUps } from "../look-ups.ts";
import { listOf } from "../okta.ts";

/** What is known of a stack before Okta is looked at. */
export interface OktaStack {
  /** Name of the component. */
  readonly name: string;
  readonly stack: string;
  readonly orgUrl: string;
  /** Undefined when they have mistakes. */
  readonly settings: Settings | undefined;
  /** What the stack has; undefined when that could not be read. */
  readonly resources: readonly StackResource[] | undefined;
}

/** The scopes that Pulumi needs as an app: to manage what the program declares, and for the checks of a preview. */
const SCOPES = [
  "okta.apps.manage",
  "okta.appGrants.manage",
  "okta.groups.manage",
  "okta.roles.manage",
  "okta.eventHooks.manage",
  "okta.orgs.read",
];

/** Everything about Okta that decides whether an update succeeds. */
export async function lookAtOkta(known: OktaStack, lookUps: LookUps): Promise<readonly Finding[]> {
  const organization = await lookAtOrganization(known.orgUrl, lookUps);
  if (organization.state === "failure") {
    const { unknown } = finding("okta");
    return [organization, unknown("Everything else in Okta: the org was not reached.")];
  }
  const credentials = await lookAtCredentials(known.orgUrl, lookUps);
  const rest = await (credentials.areGood
    ? Promise.all([
        lookAtOrg(known, lookUps),
        lookAtPreflight(known, lookUps),
        lookAtHooks(known, lookUps),
        lookAtRateLimits(known.orgUrl, lookUps),
        lookAtHookFilters(known.orgUrl, lookUps),
      ])
    : [[finding("okta").unknown("Everything else in Okta: the credentials were not accepted.")]]);
  return [organization, ...credentials.findings, ...rest.flat()];
}

/** Whether the org answers, and which of Okta's two engines it has. */
async function lookAtOrganization(orgUrl: string, lookUps: LookUps): Promise<Finding> {
  const { ok, warning, failure } = finding("okta-org");
  const fix = "Check okta:orgName and okta:baseUrl: they are the two parts of the org's own address.";
  try {
    return await lookUps.run("the Okta org", async (signal) => {
      const url = `${orgUrl}/.well-known/okta-organization`;
      const response = await outboundFetch(url, { redirect: "manual", signal });
      const body = parseJson(await response.text());
      if (response.status !== 200 || !isObject(body) || typeof body["id"] !== "string") {
        const meaning = `${orgUrl} does not answer like an Okta org (${response.status}): it is another server, or there is no org with this name.`;
        return failure(meaning, { fix });
      }
      const kind = orgUrl.includes(".oktapreview.com") ? "a preview org" : "an org";
      if (body["pipeline"] === "idx") return ok(`${orgUrl} is ${kind} with Okta Identity Engine.`);
      return warning(
        `${orgUrl} is ${kind} with Okta Classic Engine. Its sign-ins have other events: user.authentication.auth_via_mfa, for example, does not report every factor.`,
        { fix: "Choose the events of the rules with docs/rules.md, or upgrade the org to Identity Engine." },
      );
    });
  } catch (error) {
    return failure(`${orgUrl} is not reached: ${messageOf(error)}.`, { fix });
  }
}

/** What the credentials of the configuration are good for. */
interface Credentials {
  /** Whether Okta accepts them at all. */
  readonly areGood: boolean;
  readonly findings: readonly Finding[];
}

async function lookAtCredentials(orgUrl: string, lookUps: LookUps): Promise<Credentials> {
  const { accessToken, apiToken, clientId, scopes } = readProviderSettings();
  const { unknown } = finding("okta-credentials");
  if (accessToken.value !== undefined) {
    const meaning = `${accessToken.from} is an access token. Okta says of none which scopes it has, and it ends after an hour.`;
    const fix = "Use an API token, or the key of an API service app.";
    return { areGood: true, findings: [unknown(meaning, { fix })] };
  }
  if (apiToken.value !== undefined) return await lookAtApiToken(orgUrl, apiToken.from, lookUps);
  if (clientId.value !== undefined) return await lookAtApp(orgUrl, clientId.value, scopes, lookUps);
  return { areGood: false, findings: [unknown("The configuration has no credentials for Okta.")] };
}

const NEW_TOKEN = "pulumi config set --secret okta:apiToken";

/** An API token acts as the person who created it. */
async function lookAtApiToken(orgUrl: string, from: string, lookUps: LookUps): Promise<Credentials> {
  const credentials = finding("okta-credentials");
  const me = await lookUps.run("the API token", () => ask(orgUrl, "users", "/api/v1/users/me"));
  if (me.status === 401 || me.status === 403) {
    const meaning = `Okta refuses ${from} (${me.status}): the token was revoked, has not been used for 30 days, belongs to another org, or is limited to a network zone that this machine is not in.`;
    const fix = "Create a token as a super administrator: Security › API › Tokens.";
    return { areGood: false, findings: [credentials.failure(meaning, { fix, command: NEW_TOKEN })] };
  }
  const id = isObject(me.body) ? me.body["id"] : undefined;
  if (me.status !== 200 || typeof id !== "string") {
    return { areGood: false, findings: [credentials.unknown(`${from}: ${me.reason}.`)] };
  }
  const accepted = credentials.ok(`Okta accepts the API token of ${from}.`);
  const roles = await lookUps.run("the token's roles", () =>
    ask(orgUrl, "roles", `/api/v1/users/${id}/roles`),
  );
  const fix =
    "Give its owner the role, Security › Administrators, or create a token as a super administrator.";
  const right = describeRoles(roles, "The token's owner", { fix, command: NEW_TOKEN });
  return { areGood: true, findings: [accepted, right] };
}

/** An API service app has the scopes that were granted to it, and roles of its own. */
async function lookAtApp(
  orgUrl: string,
  clientId: string,
  configured: readonly string[],
  lookUps: LookUps,
): Promise<Credentials> {
  const credentials = finding("okta-credentials");
  const place = `Applications › the app ${clientId}`;
  const asked = await Promise.all(
    SCOPES.map((scope) =>
      lookUps.run(`the scope ${scope}`, async (signal) => ({
        scope,
        refusal: await refusalOf(orgUrl, scope, signal),
      })),
    ),
  );
  const refusals = asked.flatMap(({ scope, refusal }) =>
    refusal === undefined ? [] : [{ scope, ...refusal }],
  );
  const notGranted = refusals.filter(({ code }) => code === "consent_required" || code === "invalid_scope");
  const [other] = refusals.filter((refusal) => !notGranted.includes(refusal));
  if (other !== undefined) return { areGood: false, findings: [describeRefusal(other, place)] };

  const scopes = finding("okta-scopes");
  const missing = notGranted.map(({ scope }) => scope);
  const notConfigured = SCOPES.filter((scope) => !configured.includes(scope));
  const isReadOnlyWithManage = (scope: string) => configured.includes(scope.replace(/\.read$/, ".manage"));
  const wanted = notConfigured.filter((scope) => !isReadOnlyWithManage(scope));
  const findings = [
    credentials.ok(`Okta accepts the key of the app ${clientId}.`),
    ...(missing.length > 0
      ? [
          scopes.failure(`The app was not granted ${missing.join(", ")}.`, {
            fix: `${place} › Okta API Scopes: grant ${missing.length === 1 ? "it" : "them"}.`,
          }),
        ]
      : []),
    ...(wanted.length > 0
      ? [
          scopes.failure(
            `okta:scopes lacks ${wanted.join(", ")}: Okta's provider asks only for the scopes that it names.`,
            {
              command: wanted
                .map(
                  (scope, index) =>
                    `pulumi config set --path 'okta:scopes[${configured.length + index}]' ${scope}`,
                )
                .join(" && "),
            },
          ),
        ]
      : []),
    ...(missing.length + wanted.length === 0
      ? [scopes.ok(`The app has the ${SCOPES.length} scopes that Pulumi needs.`)]
      : []),
    finding("okta-dpop").ok("Okta gives the app tokens without DPoP, as the functions need them."),
  ];
  if (missing.includes("okta.roles.manage")) {
    return {
      areGood: true,
      findings: [
        ...findings,
        finding("okta-rights").unknown("The app's roles: that needs the scope okta.roles.manage."),
      ],
    };
  }
  const roles = await lookUps.run("the app's roles", () =>
    ask(orgUrl, "roles", `/oauth2/v1/clients/${encodeURIComponent(clientId)}/roles`),
  );
  const fix = `${place} › Admin roles: assign Super Administrator.`;
  return { areGood: true, findings: [...findings, describeRoles(roles, "The app", { fix })] };
}

/** @param roles the list of the roles of whoever acts */
function describeRoles(roles: Answer, who: string, remedy: Pick<Finding, "fix" | "command">): Finding {
  const { ok, failure, unknown } = finding("okta-rights");
  // Nobody else sees roles.
  if (roles.status !== 200 && roles.status !== 403)
    return unknown(`The roles of whoever acts: ${roles.reason}.`);
  const held = listIn(roles.body).map((role) => String(role["type"]));
  if (roles.status === 200 && held.includes("SUPER_ADMIN")) return ok(`${who} is a super administrator.`);
  const reason = roles.status === 403 ? "Okta shows it no roles" : held.join(", ") || "no role";
  return failure(
    `${who} is not a super administrator (${reason}): Okta lets nobody else grant scopes and roles to apps.`,
    remedy,
  );
}

/** Why Okta gave no token. */
interface Refusal {
  /** OAuth's error code; empty when Okta was not reached, or the key cannot be read. */
  readonly code: string;
  readonly message: string;
}

/** @returns undefined when Okta gives the app a token for the scope */
async function refusalOf(orgUrl: string, scope: string, signal: AbortSignal): Promise<Refusal | undefined> {
  try {
    const tokens = findAppTokens(orgUrl, scope);
    if (tokens === undefined) return { code: "", message: "okta:privateKey is not set" };
    await tokens.get(signal);
    return undefined;
  } catch (error) {
    return { code: error instanceof TokenError ? error.oktaCode : "", message: messageOf(error) };
  }
}

function describeRefusal({ code, message }: Refusal, place: string): Finding {
  if (code === "invalid_dpop_proof" || code === "use_dpop_nonce") {
    return finding("okta-dpop").failure(
      `The app gets tokens only with DPoP (${code}). The checks of a preview and, where the org enforces it for all apps, the functions get none.`,
      {
        fix: `${place} › General: clear "Require Demonstrating Proof of Possession (DPoP) header in token requests"; or use an API token. An org-wide rule needs an exception for API service apps.`,
      },
    );
  }
  const { failure, unknown } = finding("okta-credentials");
  if (code === "invalid_client") {
    return failure(`Okta does not accept the app's key (invalid_client): ${message}.`, {
      fix: `okta:clientId, okta:privateKeyId and okta:privateKey must belong together: ${place} › General › Public keys shows the key ids.`,
    });
  }
  if (code === "access_denied") {
    return failure("Okta refuses the app from this machine's network (access_denied).", {
      fix: `Security › Networks: the zone that ${place} is limited to must include this machine.`,
    });
  }
  return unknown(`No token was given to the app: ${message}.`);
}

function listIn(body: unknown): readonly JsonObject[] {
  return Array.isArray(body) ? body.filter(isObject) : [];
}

/** An answer of Okta's, or why there is none (status 0). */
type Answer = Pick<OktaAnswer, "status" | "body" | "headers"> & { readonly reason: string };

async function ask(orgUrl: string, area: string, path: string): Promise<Answer> {
  const none = { status: 0, body: undefined, headers: {} };
  const client = findManagementClient(orgUrl, area);
  if (client === undefined) return { ...none, reason: `the configuration has no credentials for ${orgUrl}` };
  try {
    const answer = await client.get(path);
    return { ...answer, reason: `Okta answers ${answer.status}` };
  } catch (error) {
    return { ...none, reason: messageOf(error) };
  }
}

/** Whether the org is alive, and for how long (Okta, "Org Settings API": retrieve the org general settings). */
async function lookAtOrg({ orgUrl }: OktaStack, lookUps: LookUps): Promise<readonly Finding[]> {
  const { ok, warning, failure, unknown } = finding("okta-org-status");
  const answer = await lookUps.run("the org's settings", () => lookUp(orgUrl, "orgs", "/api/v1/org"));
  if (answer.kind !== "found" || !isObject(answer.body)) {
    const reason = answer.kind === "unknown" ? answer.reason : "Okta does not answer";
    return [unknown(`Whether the org is active: ${reason}.`, { optional: true })];
  }
  const { status, expiresAt } = answer.body;
  if (status !== "ACTIVE") {
    return [failure(`The org is not active (${String(status)}).`, { fix: "Ask Okta's support." })];
  }
  if (typeof expiresAt !== "string") return [ok("The org is active and does not expire.")];
  const meaning = `The org is a trial: it expires at ${expiresAt}.`;
  return [warning(meaning, { fix: "Deploy what has to last to an org that does not expire." })];
}

/** The checks that a preview makes in Okta, too, as it makes them. */
async function lookAtPreflight(known: OktaStack, lookUps: LookUps): Promise<readonly Finding[]> {
  const { orgUrl, settings, resources } = known;
  const { unknown } = finding("okta-preflight");
  if (settings === undefined) {
    return [unknown("Names in use in Okta and existing groups: the settings have mistakes.")];
  }
  if (resources === undefined) {
    return [unknown("Names in use in Okta: what the stack itself has there could not be read.")];
  }
  const checks = [
    {
      check: "okta-public-client-admins",
      run: checkPublicClientAdmins,
      ok: '"Public client app admins" is off: new apps get only the roles that the program gives them.',
    },
    { check: "okta-names", run: checkNames, ok: "No name that the update needs is in use in the org." },
    {
      check: "okta-existing-groups",
      run: checkExistingGroups,
      ok: settings.rules.some(({ groupId }) => groupId !== undefined)
        ? "The groups that rules name by id exist and hold no admin role."
        : "No rule names an existing group.",
    },
    { check: "okta-deleted-groups", run: checkDeletedGroups, ok: "The update deletes no group." },
  ];
  const found = await Promise.all(
    checks.map(({ check, run, ok }) =>
      lookUps.run(`${check.slice("okta-".length).replaceAll("-", " ")} in Okta`, async () => {
        const make = finding(check);
        const findings: Finding[] = [];
        const preflight: Preflight = {
          ...known,
          settings,
          resources,
          findGroup: (id) => findGroup(orgUrl, id),
          fault: (setting, value, remedy) => {
            const fault: Fault = { setting, value, remedy };
            findings.push(make.failure(describeFault(fault)));
          },
          warn: (message) => void findings.push(make.warning(message)),
          unknown: (message) => void findings.push(make.unknown(message)),
        };
        await run(preflight).catch((error: unknown) => void findings.push(make.unknown(messageOf(error))));
        return findings.length === 0 ? [make.ok(ok)] : findings;
      }),
    ),
  );
  return found.flat();
}

/** @throws Error when Okta gives no answer */
async function findGroup(orgUrl: string, id: string): Promise<{ name: string; type: string } | undefined> {
  const answer = await lookUp(orgUrl, "groups", `/api/v1/groups/${encodeURIComponent(id)}`);
  if (answer.kind === "absent") return undefined;
  if (answer.kind === "unknown") throw new Error(`The group ${id} could not be looked up: ${answer.reason}.`);
  const body = isObject(answer.body) ? answer.body : {};
  const profile = isObject(body["profile"]) ? body["profile"] : {};
  return { name: String(profile["name"]), type: String(body["type"]) };
}

/** Okta, "Event hooks": at most 25 in an org. */
const MAXIMUM_HOOKS = 25;

async function lookAtHooks(known: OktaStack, lookUps: LookUps): Promise<readonly Finding[]> {
  const { name, stack, orgUrl, settings, resources = [] } = known;
  const { ok, warning, failure, unknown } = finding("okta-hooks");
  const answer = await lookUps.run("the event hooks", () =>
    lookUp(orgUrl, "eventHooks", "/api/v1/eventHooks"),
  );
  if (answer.kind !== "found") {
    return [
      unknown(
        `How many event hooks the org has: ${answer.kind === "unknown" ? answer.reason : "Okta does not answer"}.`,
      ),
    ];
  }
  const count = listOf(answer).length;
  const isNew =
    settings === undefined ||
    !has(
      resources,
      eventHookNamed(name, stack, { secretNumber: settings.hookSecretRotation, hosting: settings.hosting }),
    );
  const of = `The org has ${count} of at most ${MAXIMUM_HOOKS} event hooks`;
  const fix = "Delete one that nobody needs: Workflow › Event Hooks.";
  if (isNew && count >= MAXIMUM_HOOKS) return [failure(`${of}, and the update creates one.`, { fix })];
  if (count + (isNew ? 1 : 0) < MAXIMUM_HOOKS) return [ok(`${of}.`)];
  return [warning(`${of}. A rotation of the hook secret needs room for one more.`, { fix })];
}

/** Fewer calls a minute than these make the integration slow. A free org has 50 for an app, in the bucket of memberships. */
const FEW_CALLS = 100;

/** What Okta's headers tell of the plan's rate limits. They are those of the caller: an app's are half of the org's. */
async function lookAtRateLimits(orgUrl: string, lookUps: LookUps): Promise<readonly Finding[]> {
  const { ok, warning, unknown } = finding("okta-rate-limits");
  const { apiToken, accessToken, scopes } = readProviderSettings();
  const seesLog =
    apiToken.value !== undefined || accessToken.value !== undefined || scopes.includes("okta.logs.read");
  const buckets = [
    { what: "memberships", area: "groups", path: "/api/v1/groups?limit=1" },
    ...(seesLog ? [{ what: "the System Log", area: "logs", path: "/api/v1/logs?limit=1" }] : []),
  ];
  const limits = await Promise.all(
    buckets.map(({ what, area, path }) =>
      lookUps.run(`the rate limit of ${what}`, async () => {
        const { headers, reason } = await ask(orgUrl, area, path);
        const read = (name: string) => Number(headerOf({ headers }, `x-rate-limit-${name}`) || Number.NaN);
        return { what, limit: read("limit"), remaining: read("remaining"), reason };
      }),
    ),
  );
  const known = limits.filter(({ limit }) => limit > 0);
  const [first] = limits;
  if (known.length === 0) {
    return [
      unknown(`The rate limits: ${first?.reason ?? "no answer"}, without their headers.`, { optional: true }),
    ];
  }
  const described = known.map(({ what, limit }) => `${limit} calls a minute for ${what}`).join(", ");
  const memberships = known.find(({ what }) => what === "memberships");
  if (memberships !== undefined && memberships.limit < FEW_CALLS) {
    return [
      warning(
        `Okta allows these credentials ${described}. That many newcomers are added per minute at most; more wait in the queue.`,
        { fix: "Ask Okta for a higher rate limit if more people sign in for the first time at once." },
      ),
    ];
  }
  const busy = known.filter(({ limit, remaining }) => remaining < limit / 10).map(({ what }) => what);
  if (busy.length > 0) {
    return [
      warning(
        `Okta allows these credentials ${described}, and others have nearly used up the minute's calls for ${busy.join(" and ")}.`,
        {
          fix: "Find who calls: Reports › Rate Limits.",
        },
      ),
    ];
  }
  return [ok(`Okta allows these credentials ${described}.`)];
}

/** Filters of event hooks are in early access: an org's features say whether it has them. The program does without. */
async function lookAtHookFilters(orgUrl: string, lookUps: LookUps): Promise<readonly Finding[]> {
  const { ok, unknown } = finding("okta-hook-filters");
  const answer = await lookUps.run("the org's features", () =>
    lookUp(orgUrl, "features", "/api/v1/features"),
  );
  if (answer.kind !== "found") {
    const reason = answer.kind === "unknown" ? answer.reason : "Okta does not answer";
    return [unknown(`Event hook filters: ${reason}. The program needs none.`, { optional: true })];
  }
  const feature = listOf(answer).find(({ name }) => /event hook.*filter/i.test(String(name)));
  const state =
    feature === undefined
      ? "are not in the org's list of features"
      : feature["status"] === "ENABLED"
        ? "are on"
        : "are off";
  return [ok(`Event hook filters ${state}. The program needs none: the functions filter events.`)];
}

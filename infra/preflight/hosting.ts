import * as pulumi from "@pulumi/pulumi";
import type { JsonObject } from "../../function/shared/json.ts";
import { type EffectivePolicy, findEffectivePolicies } from "../google/organization-policies.ts";
import type { Hosting } from "../settings.ts";
import { has, type Preflight } from "./stack.ts";

/** What makes `receive` public with each hosting, by its type and the end of its name. */
const PUBLIC = {
  functions: {
    type: "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
    part: "okta-invokes-receive",
  },
  service: { type: "gcp:cloudrunv2/service:Service", part: "receive" },
} as const satisfies Record<Hosting, unknown>;

/** The constraint that forbids Cloud Run services without an IAM check (Google Cloud, "Allow public access"). */
const INVOKER_IAM = "run.managed.requireInvokerIam";

/** The constraints that limit whom a policy may name (Google Cloud, "Domain-restricted sharing"). */
const MEMBER_DOMAINS = "iam.allowedPolicyMemberDomains";
const MEMBERS = "iam.managed.allowedPolicyMembers";

/**
 * Refuses to create a receiver that an organization policy forbids to be public: with Cloud Functions it needs a binding of
 * `allUsers`, with Cloud Run a service without an IAM check. A policy is not applied to what is there already, so nothing is looked up
 * for an existing receiver. A preview reports which hosting the policies allow.
 */
export async function checkHosting({
  name,
  project,
  settings,
  resources,
  fault,
  unknown,
  inform,
}: Pick<Preflight, "name" | "settings" | "resources" | "fault" | "unknown"> & {
  /** Google Cloud project id. */
  readonly project: string;
  /** Takes what is good to know. */
  readonly inform: (message: string) => void;
}): Promise<void> {
  const { hosting } = settings;
  const { type, part } = PUBLIC[hosting];
  if (has(resources, { type, resource: `${name}-${part}` })) return;
  const constraints = [MEMBER_DOMAINS, MEMBERS, INVOKER_IAM] as const;
  const [domains, members, invokerIam] = await findEffectivePolicies(project, constraints);
  const forbidding: Readonly<Record<Hosting, readonly Verdict[]>> = {
    functions: [judge(MEMBER_DOMAINS, domains, forbidsByDomain), judge(MEMBERS, members, forbidsByMember)],
    service: [judge(INVOKER_IAM, invokerIam, isEnforced)],
  };
  const other = hosting === "functions" ? "service" : "functions";
  const { constraint } = forbidding[hosting].find(({ forbids }) => forbids === true) ?? {};
  if (constraint !== undefined) {
    fault("hosting", hosting, remedy(hosting, constraint, project, isAllowed(forbidding[other])));
    return;
  }
  const { reason } = forbidding[hosting].find((verdict) => verdict.reason !== undefined) ?? {};
  if (reason !== undefined) {
    unknown(
      `Whether organization policies of the project ${project} allow hosting: ${hosting} could not be looked up (${reason}). ` +
        "If they do not, the update fails part-way (docs/deployment.md#organization-policies).",
    );
    return;
  }
  if (!pulumi.runtime.isDryRun()) return;
  const allowed = isAllowed(forbidding[other]);
  const others = allowed === undefined ? "" : `, and ${allowed ? "allow" : "forbid"} hosting: ${other}`;
  inform(`The organization policies of the project ${project} allow hosting: ${hosting}${others}.`);
}

/** What a policy says about a hosting. */
interface Verdict {
  readonly constraint: string;
  /** Undefined where it could not be looked up. */
  readonly forbids: boolean | undefined;
  /** Why it could not be looked up. */
  readonly reason: string | undefined;
}

function judge(constraint: string, policy: EffectivePolicy, forbids: (rule: JsonObject) => boolean): Verdict {
  return policy.kind === "found"
    ? { constraint, forbids: policy.rules.some(forbids), reason: undefined }
    : { constraint, forbids: undefined, reason: policy.reason };
}

/** Undefined where it is not known. */
function isAllowed(verdicts: readonly Verdict[]): boolean | undefined {
  if (verdicts.some(({ forbids }) => forbids === true)) return false;
  return verdicts.some(({ forbids }) => forbids === undefined) ? undefined : true;
}

/** A list of domains or organizations: everybody belongs to none of them (Google Cloud, "Organization Policy API": PolicyRule). */
function forbidsByDomain(rule: JsonObject): boolean {
  const allowed: unknown = Reflect.get(Object(rule["values"]), "allowedValues");
  return rule["denyAll"] === true || (Array.isArray(allowed) && allowed.length > 0);
}

/** A constraint that is on or off, with the members that it allows. */
function forbidsByMember(rule: JsonObject): boolean {
  const subjects: unknown = Reflect.get(Object(rule["parameters"]), "allowedMemberSubjects");
  return isEnforced(rule) && !(Array.isArray(subjects) && subjects.includes("allUsers"));
}

function isEnforced(rule: JsonObject): boolean {
  return rule["enforce"] === true;
}

function remedy(
  hosting: Hosting,
  constraint: string,
  project: string,
  otherIsAllowed: boolean | undefined,
): string {
  const change = (to: Hosting) => `pulumi config set ${pulumi.getProject()}:hosting ${to}`;
  const exception = `an exception from constraints/${constraint} for the project`;
  const problem = `the organization policy constraints/${constraint} of the project ${project}`;
  if (hosting === "functions") {
    const forbids = `${problem} does not let everybody (allUsers) call receive, as Okta must.`;
    return otherIsAllowed === false
      ? `${forbids} constraints/${INVOKER_IAM} forbids hosting: service, too. Ask for ${exception}, or from the other one.`
      : `${forbids} Cloud Run can make receive public without that. Ask for ${exception}, or run: ${change("service")}`;
  }
  const forbids =
    `${problem} forbids services that do not ask for IAM, which Okta cannot pass. A load balancer (hookUrl) does not change that: ` +
    `Cloud Run asks behind it, too. Ask for ${exception}`;
  return otherIsAllowed === false
    ? `${forbids}; hosting: functions is forbidden, too.`
    : `${forbids}, or run: ${change("functions")}`;
}

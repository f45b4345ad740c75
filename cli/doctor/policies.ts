import type { JsonObject } from "../../function/shared/json.ts";
import { describeFault } from "../../infra/errors.ts";
import { findEffectivePolicies } from "../../infra/google/organization-policies.ts";
import { checkHosting } from "../../infra/preflight/hosting.ts";
import type { StackResource } from "../../infra/preflight/stack.ts";
import type { Settings } from "../../infra/settings.ts";
import { type Finding, finding } from "../findings.ts";
import type { LookUps } from "../look-ups.ts";

/** What organization policies may forbid. */
export interface PolicyStack {
  /** Name of the component. */
  readonly name: string;
  readonly project: string;
  readonly region: string | undefined;
  readonly settings: Settings;
  readonly resources: readonly StackResource[];
}

/** What a constraint says of what the update needs. */
type Verdict = "allowed" | "forbidden" | "unclear";

/** A constraint that can stop an update. */
interface Constraint {
  readonly name: string;
  readonly judge: (rules: readonly JsonObject[]) => Verdict;
  /** What it forbids of the program. */
  readonly forbids: string;
}

/** The constraints that can stop an update, besides those that decide about the hosting. */
function constraintsFor({ region, settings }: PolicyStack): readonly Constraint[] {
  const hasBalancer = settings.hookUrl !== "";
  return [
    ...(region === undefined
      ? []
      : [
          {
            name: "gcp.resourceLocations",
            judge: (rules: readonly JsonObject[]) =>
              judgeList(rules, [region], (value) => isIn(region, value)),
            forbids: `resources in ${region}`,
          },
        ]),
    {
      name: "run.allowedIngress",
      judge: (rules) =>
        judgeList(rules, [hasBalancer ? "internal-and-cloud-load-balancing" : "all", "internal"]),
      forbids: "the ingress of the receiver, or of the private functions",
    },
    ...(settings.hosting === "functions"
      ? [
          {
            name: "cloudfunctions.allowedIngressSettings",
            judge: (rules: readonly JsonObject[]) =>
              judgeList(rules, [
                hasBalancer ? "ALLOW_INTERNAL_AND_GCLB" : "ALLOW_ALL",
                "ALLOW_INTERNAL_ONLY",
              ]),
            forbids: "the ingress of the receiver, or of the private functions",
          },
        ]
      : []),
    {
      name: "iam.disableServiceAccountCreation",
      judge: judgeSwitch,
      forbids: "the functions' service accounts",
    },
    {
      name: "iam.managed.disableServiceAccountCreation",
      judge: judgeSwitch,
      forbids: "the functions' service accounts",
    },
    {
      name: "storage.retentionPolicySeconds",
      // Any list of durations asks for a retention policy, which the program's buckets do not have.
      judge: (rules) => judgeList(rules, [""]),
      forbids: "buckets without a retention policy",
    },
    {
      name: "storage.softDeletePolicySeconds",
      judge: (rules) => judgeList(rules, ["0", "604800"]),
      forbids: "buckets that keep deleted objects for 0 or for 7 days",
    },
  ];
}

/** What storage constraints ask for, and the program does anyway. */
const FULFILLED = ["storage.uniformBucketLevelAccess", "storage.publicAccessPrevention"];

/** Whether organization policies let the update do what it does. */
export async function lookAtPolicies(stack: PolicyStack, lookUps: LookUps): Promise<readonly Finding[]> {
  const { project } = stack;
  const constraints = constraintsFor(stack);
  const [hosting, policies] = await Promise.all([
    lookUps.run("organization policies about the hosting", () => lookAtHosting(stack)),
    lookUps.run("organization policies", () =>
      findEffectivePolicies(
        project,
        constraints.map(({ name }) => name),
      ),
    ),
  ]);
  const { ok, warning, failure, unknown } = finding("google-organization-policies");
  const findings: Finding[] = [];
  const reasons = new Set<string>();
  for (const [index, { name, judge, forbids }] of constraints.entries()) {
    const policy = policies[index];
    if (policy === undefined) continue;
    if (policy.kind === "unknown") {
      // A constraint that Google does not have (any more) forbids nothing.
      if (!policy.reason.startsWith("Google answers 404")) reasons.add(policy.reason);
      continue;
    }
    const verdict = judge(policy.rules);
    const more = {
      fix: `Ask for an exception from constraints/${name} for the project.`,
      command: `gcloud org-policies describe ${name} --project=${project} --effective`,
    };
    if (verdict === "forbidden") {
      findings.push(failure(`The organization policy constraints/${name} forbids ${forbids}.`, more));
    } else if (verdict === "unclear") {
      findings.push(
        warning(
          `The organization policy constraints/${name} may forbid ${forbids}: it names groups of values.`,
          more,
        ),
      );
    }
  }
  if (reasons.size > 0) {
    findings.push(unknown(`What organization policies forbid: ${[...reasons].join("; ")}.`));
  } else if (findings.length === 0) {
    const count = constraints.length + FULFILLED.length;
    findings.push(ok(`None of ${count} other organization policies forbids what the update creates.`));
  }
  return [...hosting, ...findings];
}

/** As a preview does it. */
async function lookAtHosting(stack: PolicyStack): Promise<readonly Finding[]> {
  const make = finding("google-hosting");
  const findings: Finding[] = [];
  await checkHosting({
    ...stack,
    fault: (setting, value, remedy) =>
      void findings.push(make.failure(describeFault({ setting, value, remedy }))),
    unknown: (message) => void findings.push(make.unknown(message)),
    inform: (message) => void findings.push(make.ok(message)),
  });
  const { hosting } = stack.settings;
  return findings.length > 0
    ? findings
    : [make.ok(`Organization policies let the receiver be public with hosting: ${hosting}.`)];
}

/** A constraint that is on or off. */
function judgeSwitch(rules: readonly JsonObject[]): Verdict {
  return rules.some((rule) => rule["enforce"] === true) ? "forbidden" : "allowed";
}

/**
 * A constraint that lists values (Google Cloud, "Organization Policy API": PolicyRule).
 *
 * @param needed the values that the update needs
 * @param stands whether a value of the policy stands for what is needed; undefined where that is not known
 */
function judgeList(
  rules: readonly JsonObject[],
  needed: readonly string[],
  stands: (value: string) => boolean | undefined = () => false,
): Verdict {
  const verdicts = needed.map((value): Verdict => {
    const matches = (one: string) => one === value || one === `is:${value}` || stands(one);
    const [allowed, denied] = ["allowedValues", "deniedValues"].map((key) =>
      rules.flatMap((rule) => {
        const list: unknown = Reflect.get(Object(rule["values"]), key);
        return Array.isArray(list) ? list.map((one) => matches(String(one))) : [];
      }),
    ) as [(boolean | undefined)[], (boolean | undefined)[]];
    if (rules.some((rule) => rule["denyAll"] === true) || denied.includes(true)) return "forbidden";
    if (denied.includes(undefined)) return "unclear";
    if (allowed.length === 0 || allowed.includes(true)) return "allowed";
    return allowed.includes(undefined) ? "unclear" : "forbidden";
  });
  if (verdicts.includes("forbidden")) return "forbidden";
  return verdicts.includes("unclear") ? "unclear" : "allowed";
}

/** Regions of Europe that are not in the European Union. */
const NOT_IN_EU = ["europe-west2", "europe-west6"];

/**
 * Whether a group of locations has a region (Google Cloud, "Restricting resource locations": value groups, such as
 * `in:europe-locations`).
 */
function isIn(region: string, value: string): boolean | undefined {
  const [, group] = /^in:(.+)-locations$/.exec(value) ?? [];
  if (group === undefined) return value.startsWith("in:") ? undefined : false;
  if (group === "eu") return region.startsWith("europe-") && !NOT_IN_EU.includes(region);
  if (group === region || region.startsWith(`${group}-`)) return true;
  // Another region, or the regions of another part of the world.
  return /^([a-z]+-[a-z]+\d+|africa|asia|australia|europe|me|northamerica|southamerica|us)$/.test(group)
    ? false
    : undefined;
}

import * as pulumi from "@pulumi/pulumi";
import type { SignInGroupsArgs } from "./arguments.ts";
import { hookAddress, type Kind, labels as labelsKind } from "./checks.ts";
import { ConfigurationError, type Fault, type ReportFault } from "./errors.ts";
import { isPartlyUnknown, resolveInputs, UNKNOWN } from "./inputs.ts";
import { readOrgUrl } from "./okta/provider-settings.ts";
import { isOrgUrl, isProjectId, readProject, readRegion } from "./places.ts";
import { regionFault, regionWarning } from "./regions.ts";
import type { CheckedRule } from "./rules.ts";
import { checkSettings, type Settings } from "./settings.ts";

/** The settings as the component uses them: two of them may be known only during the update. */
export type ComponentSettings = Omit<Settings, "hookUrl" | "labels"> & {
  /** Undefined where Okta delivers to the function itself. */
  readonly hookUrl: pulumi.Output<string> | undefined;
  readonly labels: pulumi.Output<Readonly<Record<string, string>>>;
};

/** The component's arguments, checked. */
export interface GivenArguments {
  /** Google Cloud project id. */
  readonly project: string;
  readonly region: string;
  readonly orgUrl: string;
  readonly settings: ComponentSettings;
  /** Ids of the groups that a preview doesn't know yet, by what stands for them in the rules. */
  readonly pendingGroupIds: ReadonlyMap<string, pulumi.Output<string>>;
  /** The caller's resources that the arguments come from. */
  readonly resources: readonly pulumi.Resource[];
  /** What a person should know. */
  readonly warnings: readonly string[];
}

/** The rules that don't name a group that a preview doesn't know yet. */
export function rulesWithKnownGroups({ settings, pendingGroupIds }: GivenArguments): CheckedRule[] {
  return settings.rules.filter(({ groupId }) => groupId === undefined || !pendingGroupIds.has(groupId));
}

/**
 * Waits for the arguments and checks them. `hookUrl` may come from a resource that needs the component's own outputs, such as a load
 * balancer, so nothing waits for it.
 *
 * In a preview, a value may not be known yet. `hookUrl`, `labels` and the rules' `groupId` stay unknown; in the place of any other the
 * preview uses the default, and a warning names it. Where the integration is must be known.
 *
 * @throws ConfigurationError with every mistake in what is known
 */
export async function readArguments(args: SignInGroupsArgs): Promise<GivenArguments> {
  const faults: Fault[] = [];
  const warnings: string[] = [];
  const fault: ReportFault = (setting, value, remedy) => void faults.push({ setting, value, remedy });

  const { hookUrl, ...awaited } = args;
  const isLateHookUrl = pulumi.Output.isInstance(hookUrl) || hookUrl instanceof Promise;
  const { values, secrets, resources } = await resolveInputs({ ...awaited });
  for (const name of secrets) {
    // What is secret in a channel is a secret in Pulumi's state also if it was given in the clear.
    if (name === "alertChannels") continue;
    const remedy = "it can't be a secret, since previews and names show it. Give it in the clear.";
    fault(name, undefined, remedy);
  }

  const { project, region, orgUrl, labels, rules, ...others } = values;
  const known = Object.entries(others).filter(([name, value]) => {
    if (!isPartlyUnknown(value)) return value !== undefined;
    warnings.push(`${name} is known only during the update: the preview shows what its default leads to.`);
    return false;
  });
  const { knownRules, pendingGroupIds } = readRules(rules, warnings);
  const areLateLabels = isPartlyUnknown(labels);
  const settings = collect(faults, () =>
    checkSettings({
      ...Object.fromEntries(known),
      ...(knownRules === undefined ? {} : { rules: knownRules }),
      ...(labels === undefined || areLateLabels ? {} : { labels }),
      ...(hookUrl === undefined || isLateHookUrl ? {} : { hookUrl }),
    }),
  );

  const trusted = settings?.trustRegion ?? true;
  const place = {
    project: readPlace("project", project, () => readProject(fault), projectFault, fault),
    region: readPlace(
      "region",
      region,
      () => readRegion(trusted, fault),
      (text) => regionFault(text, trusted),
      fault,
    ),
    orgUrl: readPlace("orgUrl", orgUrl, () => readOrgUrl(fault), orgUrlFault, fault),
  };
  if (faults.length > 0 || settings === undefined) throw new ConfigurationError(faults);

  const doubt = regionWarning(place.region);
  return {
    ...place,
    settings: {
      ...settings,
      hookUrl: isLateHookUrl
        ? checkedLater("hookUrl", pulumi.output(hookUrl), nonEmptyHookAddress)
        : settings.hookUrl === ""
          ? undefined
          : pulumi.output(settings.hookUrl),
      labels: areLateLabels
        ? checkedLater("labels", pulumi.output(args.labels), labelsKind)
        : pulumi.output(settings.labels),
    },
    pendingGroupIds,
    resources,
    warnings: doubt === undefined ? warnings : [doubt, ...warnings],
  };
}

/** The rules as far as they are known. A group's id that isn't gets a name in its place. */
function readRules(
  rules: unknown,
  warnings: string[],
): {
  readonly knownRules: unknown;
  readonly pendingGroupIds: ReadonlyMap<string, pulumi.Output<string>>;
} {
  const pendingGroupIds = new Map<string, pulumi.Output<string>>();
  if (!isPartlyUnknown(rules)) return { knownRules: rules, pendingGroupIds };
  const list = Array.isArray(rules) ? rules : [UNKNOWN];
  const knownRules = list.flatMap((rule: unknown, index) => {
    const { groupId, ...rest } = Object(rule);
    if (isPartlyUnknown(rule) && (rule === UNKNOWN || isPartlyUnknown(rest))) {
      const place = Array.isArray(rules) ? `rules[${index}]` : "rules";
      warnings.push(`${place} is known only during the update: the preview leaves it out.`);
      return [];
    }
    if (groupId !== UNKNOWN) return [rule];
    const stands = `known-during-the-update-${index}`;
    pendingGroupIds.set(stands, unknownOutput());
    return [{ ...rest, groupId: stands }];
  });
  return { knownRules: knownRules.length === 0 ? undefined : knownRules, pendingGroupIds };
}

/** An output that a preview doesn't know. */
function unknownOutput(): pulumi.Output<string> {
  // The SDK's own mark, which has every type (@pulumi/pulumi, output.ts: `unknown`).
  return pulumi.output(pulumi.unknown as string);
}

function projectFault(text: string): string | undefined {
  return isProjectId(text) ? undefined : "it must be a project id, for example acme-identity.";
}

function orgUrlFault(text: string): string | undefined {
  return isOrgUrl(text) ? undefined : "it must be the org's own address, for example https://acme.okta.com.";
}

/** @param configured reads the stack's configuration, where the argument is left out */
function readPlace(
  name: string,
  value: unknown,
  configured: () => string | undefined,
  findFault: (text: string) => string | undefined,
  fault: ReportFault,
): string {
  if (value === undefined) return configured() ?? "";
  if (value === UNKNOWN) {
    fault(
      name,
      undefined,
      "it must be known before the update, since the preview checks it. Give its value.",
    );
    return "";
  }
  const wrong = typeof value === "string" ? findFault(value) : "it must be text.";
  if (wrong !== undefined) fault(name, value, wrong);
  return String(value);
}

/** Runs a check, and collects its mistakes. */
function collect<Value>(faults: Fault[], check: () => Value): Value | undefined {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}

/** A given address: without one, the argument is left out. */
const nonEmptyHookAddress: Pick<Kind<string>, "check"> = {
  check: (value, setting, fault) => hookAddress.check(value === "" ? undefined : value, setting, fault),
};

/** Checks a value as soon as it is known. */
function checkedLater<Value extends object | string>(
  name: string,
  value: pulumi.Output<unknown>,
  { check }: Pick<Kind<Value>, "check">,
): pulumi.Output<Value> {
  const checkKnown = (known: unknown): Value => {
    const faults: Fault[] = [];
    const checked = check(known, name, (setting, wrong, remedy) => {
      faults.push({ setting, value: wrong, remedy });
    });
    if (checked === undefined || faults.length > 0) throw new ConfigurationError(faults);
    return checked;
  };
  return value.apply(checkKnown);
}

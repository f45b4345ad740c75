import * as okta from "@pulumi/okta";
import * as pulumi from "@pulumi/pulumi";
import type { SignInGroupsArgs } from "./arguments.ts";
import { DeploymentError } from "./errors.ts";
import { readArguments, rulesWithKnownGroups } from "./given-arguments.ts";
import { afterNewRight, createAccounts } from "./google/accounts.ts";
import { hostings } from "./google/hostings.ts";
import { enableServices } from "./google/services.ts";
import { createKeyRing } from "./google/signing-key.ts";
import { createGrant } from "./grant.ts";
import { groupDescription, groupNamed } from "./okta/names.ts";
import { auditExportServices, createAuditExport } from "./operations/audit-export.ts";
import { createOperations } from "./operations/operations.ts";
import { checkBeforehand } from "./preflight/preflight.ts";
import { createReceive } from "./receive.ts";
import { createReconcile } from "./reconcile.ts";
import { type CheckedRule, formerNamesOf, type ResolvedRule } from "./rules.ts";

const TYPE = "signin-groups:index:SignInGroups";

/** Names of the Cloud Run services. */
export interface Services {
  /** The service that Okta calls. */
  readonly receive: string;
  /** The service that writes memberships. */
  readonly grant: string;
  /** The service that reads the System Log. */
  readonly reconcile: string;
}

/** The component's outputs. */
export const outputNames = [
  "hookUrl",
  "eventHookId",
  "groupIds",
  "clientId",
  "appId",
  "logReaderAppId",
  "queue",
  "continuationQueue",
  "stateBucket",
  "services",
  "auditDestination",
] as const;

/** The same, once the component's resources are declared. */
type Declared = Pick<SignInGroups, (typeof outputNames)[number]>;

/**
 * People who sign in to Okta get into a group. It consists of the groups, the API service apps, the event hook with its
 * verification, the two functions with the queue between them, and the third function, which reads Okta's System Log for the
 * sign-ins that the hook missed.
 *
 * @example
 * new SignInGroups("signin-groups", { project: "acme-identity", region: "europe-west1", orgUrl: "https://acme.okta.com" });
 */
export class SignInGroups extends pulumi.ComponentResource<Declared> {
  /** The address that Okta delivers events to. */
  readonly hookUrl!: pulumi.Output<string>;
  /** Okta's id of the event hook. */
  readonly eventHookId!: pulumi.Output<string>;
  /** Ids of the groups by name; existing groups are listed by their id. */
  readonly groupIds!: pulumi.Output<Record<string, string>>;
  /** Client id of the API service app that writes memberships. */
  readonly clientId!: pulumi.Output<string>;
  /** Okta's id of the same app. */
  readonly appId!: pulumi.Output<string>;
  /** Okta's id of the API service app that reads the System Log. */
  readonly logReaderAppId!: pulumi.Output<string>;
  /** Full name of the Cloud Tasks queue of memberships. */
  readonly queue!: pulumi.Output<string>;
  /** Full name of the Cloud Tasks queue that leads back to `reconcile`; a replay is started by a task in it. */
  readonly continuationQueue!: pulumi.Output<string>;
  /** Name of the Cloud Storage bucket of the place in the System Log and of the progress of replays. */
  readonly stateBucket!: pulumi.Output<string>;
  /** Names of the Cloud Run services of the functions. */
  readonly services!: pulumi.Output<Services>;
  /** Full name of the BigQuery dataset or the Pub/Sub topic of the audit records; empty with `auditExport: none`. */
  readonly auditDestination!: pulumi.Output<string>;

  readonly #name: string;
  readonly #args: SignInGroupsArgs;
  readonly #inherited: Inherited;

  /**
   * Declares everything after the checks before an update. If these refuse the arguments, every output is rejected with that error,
   * and nothing is created.
   *
   * @param name at most 14 characters, since accounts are named after it: a lower-case letter, then these, digits or -
   * @param options its resources depend on what `dependsOn` names
   * @throws DeploymentError when the name is wrong
   */
  constructor(name: string, args: SignInGroupsArgs, options: pulumi.ComponentResourceOptions = {}) {
    if (!/^[a-z][a-z0-9-]{0,13}$/.test(name)) {
      throw new DeploymentError(
        "component-name",
        `The name "${name}" must be a lower-case letter and up to 13 more, digits or hyphens.`,
      );
    }
    const inherited: Inherited = { resources: [] };
    super(
      "signin-groups:index:SignInGroups",
      name,
      {},
      { ...options, ...withDependencies(options, inherited) },
    );
    this.#name = name;
    this.#args = args;
    this.#inherited = inherited;

    // One by one: as a whole they would be unknown in a preview as soon as one of them is.
    const declared = this.getData();
    const entries = outputNames.map((output) => [output, pulumi.output(declared.then((all) => all[output]))]);
    const outputsByName = Object.fromEntries(entries);
    Object.assign(this, outputsByName);
    this.registerOutputs(outputsByName);
  }

  /** Called by the constructor of the base class. @throws ConfigurationError when an argument or a check before an update is wrong */
  protected override async initialize(): Promise<Declared> {
    // What the constructor above sets is there once it has ended.
    await undefined;
    const stack = pulumi.getStack();
    const name = this.#name;
    const given = await readArguments(this.#args);
    const { project, region, orgUrl, settings, pendingGroupIds } = given;
    for (const warning of given.warnings) void pulumi.log.warn(warning, this);
    this.#inherited.resources = given.resources;
    const known = { ...settings, rules: rulesWithKnownGroups(given) };
    await checkBeforehand({ name, stack, project, orgUrl, settings: known, component: this });

    const labels = settings.labels.apply((own) => ({ ...own, application: name, stack: labelText(stack) }));
    const hosting = hostings[settings.hosting];
    const child: pulumi.CustomResourceOptions = { parent: this };
    const apis = [...hosting.services, ...auditExportServices[settings.auditExport]];
    const google = { ...child, dependsOn: enableServices(name, project, apis, child) };
    const accounts = createAccounts(name, { project, stack }, google);
    const newRight = afterNewRight(`${name}-after-new-right`, settings.rightsWaitSeconds);
    const options = { child, google };
    const host = hosting.createHost(
      name,
      { project, region, stack, settings, afterNewRight: newRight, labels },
      options,
    );
    const keyRing = createKeyRing(`${name}-keys`, { project, region }, google);
    const groups = createGroups(
      name,
      { rules: settings.rules, pendingGroupIds, protect: settings.protectGroups, stack },
      child,
    );
    const context = { project, region, orgUrl, stack, settings, labels, accounts, host, keyRing };
    const { queue, grant, app, ready } = createGrant(name, { ...context, groupIds: groups.ids }, options);
    const { rules } = groups;
    const reconcile = createReconcile(
      name,
      { ...context, rules, queue, grant, grantClientIds: app.clientIds },
      options,
    );
    const receive = createReceive(
      name,
      { ...context, rules, queue, grant, afterNewRight: newRight, ready: [...ready, ...reconcile.ready] },
      options,
    );
    const services = { receive: receive.service, grant: grant.service, reconcile: reconcile.service };
    const { auditExport: to } = settings;
    const audit =
      to === "none"
        ? undefined
        : createAuditExport(name, { to, project, region, stack, settings, services, labels }, google);
    if (settings.operations) {
      const { hookUrl, hookSecret } = receive;
      const { continuationQueue } = reconcile;
      const auditSink = audit?.sink;
      const watched = {
        project,
        stack,
        settings,
        hookUrl,
        hookSecret,
        services,
        continuationQueue,
        auditSink,
      };
      createOperations(name, { ...watched, queue: queue.id }, google);
    }
    return {
      hookUrl: receive.hookUrl,
      eventHookId: receive.eventHookId,
      groupIds: pulumi.output(groups.idsByName),
      clientId: app.clientId,
      appId: app.appId,
      logReaderAppId: reconcile.appId,
      queue: queue.id,
      continuationQueue: reconcile.continuationQueue,
      stateBucket: reconcile.stateBucket,
      services: pulumi.output(services),
      auditDestination: audit?.destination ?? pulumi.output(""),
    };
  }
}

/** The caller's resources that the arguments come from, once they are known. */
interface Inherited {
  resources: readonly pulumi.Resource[];
}

/** Pulumi gives a component's `dependsOn` to none of its resources, and a value that was waited for has no dependency any more. */
function withDependencies(
  { transformations = [], dependsOn = [] }: pulumi.ComponentResourceOptions,
  inherited: Inherited,
): Pick<pulumi.ComponentResourceOptions, "transformations"> {
  const add: pulumi.ResourceTransformation = ({ type, props, opts }) => {
    if (type === TYPE) return undefined;
    const own = pulumi.mergeOptions(opts, { dependsOn });
    return { props, opts: pulumi.mergeOptions(own, { dependsOn: [...inherited.resources] }) };
  };
  return { transformations: [...transformations, add] };
}

/** The groups of the rules. */
interface Groups {
  /** The rules with the ids of their groups. */
  readonly rules: readonly ResolvedRule[];
  /** Ids of all groups, each once. */
  readonly ids: pulumi.Output<string>[];
  /** The same by name; an existing group is listed by its id. */
  readonly idsByName: Readonly<Record<string, pulumi.Output<string>>>;
}

/**
 * Creates each group that a rule names, once, and uses the existing ones as they are. Pulumi knows a group by its name; a group
 * that a rule renames stays the same group, with its members.
 */
function createGroups(
  name: string,
  args: {
    readonly rules: readonly CheckedRule[];
    /** Ids that are known later, by what stands for them in the rules. */
    readonly pendingGroupIds: ReadonlyMap<string, pulumi.Output<string>>;
    readonly protect: boolean;
    readonly stack: string;
  },
  options: pulumi.CustomResourceOptions,
): Groups {
  const formerNames = formerNamesOf(args.rules);
  // A name may be that of something that every object has, such as `constructor`.
  const ids = new Map<string, pulumi.Output<string>>();
  const createGroup = (group: string): okta.group.Group => {
    const former = formerNames.get(group);
    return new okta.group.Group(
      groupNamed(name, group).resource,
      { name: group, description: groupDescription(name, args.stack) },
      {
        ...options,
        // Deleting a group takes every membership with it.
        ...(args.protect ? { protect: true } : {}),
        aliases: former === undefined ? [] : [{ name: groupNamed(name, former).resource }],
      },
    );
  };
  const idOf = (rule: CheckedRule): pulumi.Output<string> => {
    const key = rule.group ?? rule.groupId;
    const id =
      ids.get(key) ??
      (rule.group === undefined
        ? (args.pendingGroupIds.get(rule.groupId) ?? pulumi.output(rule.groupId))
        : createGroup(rule.group).id);
    ids.set(key, id);
    return id;
  };
  const rules = args.rules.map((rule) => ({
    groupId: idOf(rule),
    on: rule.on,
    ...(rule.when === undefined ? {} : { when: rule.when }),
  }));
  return {
    rules,
    ids: [...ids.values()],
    idsByName: Object.fromEntries([...ids].filter(([name]) => !args.pendingGroupIds.has(name))),
  };
}

/** A stack's name as a label can hold it (Google Cloud, "Requirements for labels"). */
function labelText(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, "-")
    .slice(0, 63);
}

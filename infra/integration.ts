import * as pulumi from "@pulumi/pulumi";
import type { ReceiveEnvironment } from "../function/shared/contract.ts";
import type { SignInGroupsArgs } from "./arguments.ts";
import type { Inputs } from "./environment.ts";
import { ConfigurationError } from "./faults.ts";
import { createAccounts } from "./google/accounts.ts";
import { buildArchive } from "./google/archive.ts";
import { allowInvoking, createFunction } from "./google/function.ts";
import { createHookSecret } from "./google/hook-secret.ts";
import { afterNewRight } from "./google/new-right.ts";
import { allowEnqueuing } from "./google/queue.ts";
import { enableServices } from "./google/services.ts";
import { createKeyRing } from "./google/signing-key.ts";
import { createSource } from "./google/source.ts";
import { createMemberships } from "./memberships.ts";
import { createEventHook } from "./okta/event-hook.ts";
import { createGroups } from "./okta/groups.ts";
import { checkBeforehand } from "./preflight.ts";
import { createReconciliation } from "./reconciliation.ts";
import { regionFault, regionWarning } from "./regions.ts";
import { checkSettings } from "./settings.ts";

/**
 * Who signs in to Okta gets into a group: the groups, the API service apps, the event hook with its verification, the two
 * functions with the queue between them, and the third, which reads Okta's System Log for what the hook missed.
 *
 * @example
 * new SignInGroups("signin-groups", { project: "acme-identity", region: "europe-west1", orgUrl: "https://acme.okta.com" });
 */
export class SignInGroups extends pulumi.ComponentResource {
  /** The address that Okta delivers events to. */
  readonly hookUrl: pulumi.Output<string>;
  readonly eventHookId: pulumi.Output<string>;
  /** Ids of the groups by name; groups that existed before go by their id. */
  readonly groupIds: pulumi.Output<Record<string, string>>;
  /** Client id of the API service app that writes memberships. */
  readonly clientId: pulumi.Output<string>;
  /** Okta's id of the same app. */
  readonly appId: pulumi.Output<string>;
  /** Okta's id of the API service app that reads the System Log. */
  readonly logReaderAppId: pulumi.Output<string>;
  /** Full name of the Cloud Tasks queue of memberships. */
  readonly queue: pulumi.Output<string>;
  /** Full name of the Cloud Tasks queue that leads back to `reconcile`; a replay is started by a task in it. */
  readonly continuationQueue: pulumi.Output<string>;
  /** Name of the Cloud Storage bucket of the place in the System Log and of the progress of replays. */
  readonly stateBucket: pulumi.Output<string>;
  /** Names of the Cloud Run services of the functions. */
  readonly services: pulumi.Output<{ receive: string; grant: string; reconcile: string }>;

  /**
   * @param name at most 14 characters, since accounts are named after it: a lower-case letter, then these, digits or -
   * @throws ConfigurationError when a setting or the region is wrong
   */
  constructor(name: string, args: SignInGroupsArgs, options?: pulumi.ComponentResourceOptions) {
    if (!/^[a-z][a-z0-9-]{0,13}$/.test(name)) {
      throw new pulumi.RunError(
        `The name "${name}" must be a lower-case letter and up to 13 more, digits or hyphens.`,
      );
    }
    super("signin-groups:index:SignInGroups", name, {}, options);
    const { project, region, orgUrl, ...given } = args;
    const settings = checkSettings(given);
    const wrongRegion = regionFault(region, settings.trustRegion);
    if (wrongRegion !== undefined) {
      throw new ConfigurationError([{ setting: "region", value: region, remedy: wrongRegion }]);
    }
    const doubt = regionWarning(region);
    if (doubt !== undefined) void pulumi.log.warn(doubt, this);
    const stack = pulumi.getStack();
    const labels = { ...settings.labels, application: name, stack: labelText(stack) };
    // Nothing is touched before that. A refusal ends the program by itself, once and in its own words; were it to reach the
    // resources that wait, each of them would say it again.
    const checked = new Promise<pulumi.Resource[]>((resolve) => {
      void checkBeforehand({ name, stack, orgUrl, settings, component: this }).then(() => resolve([]));
    });
    const child: pulumi.CustomResourceOptions = { parent: this, dependsOn: checked };

    const services = enableServices(name, project, child);
    const google = { ...child, dependsOn: services };
    const accounts = createAccounts(name, { project, stack }, google);
    const newRight = afterNewRight(`${name}-after-new-right`, settings.rightsWaitSeconds);
    const source = createSource(
      name,
      {
        project,
        region,
        archive: pulumi.output(buildArchive()),
        builder: accounts.build,
        imagesToKeep: settings.imagesToKeep,
        afterNewRight: newRight,
        labels,
      },
      google,
    );
    const keyRing = createKeyRing(`${name}-keys`, { project, region }, google);
    const hookSecret = createHookSecret(
      name,
      {
        project,
        region,
        rotation: { number: settings.hookSecretRotation, revoked: settings.hookSecretRevoked },
        reader: accounts.receive,
        afterNewRight: newRight,
        labels,
      },
      google,
    );

    const groups = createGroups(
      name,
      { rules: settings.rules, protect: settings.protectGroups, stack },
      child,
    );
    const shared = { project, region, orgUrl, stack, settings, labels, accounts, source, keyRing };
    const { queue, grant, ...memberships } = createMemberships(
      name,
      { ...shared, groupIds: groups.ids },
      { child, google },
    );
    const reconciliation = createReconciliation(
      name,
      { ...shared, rules: groups.rules, queue, grant },
      { child, google },
    );

    const receiveMayEnqueue = allowEnqueuing(
      `${name}-receive-enqueues`,
      { project, region, member: accounts.receive.member },
      queue,
      google,
    );

    const receiveEnvironment: Inputs<ReceiveEnvironment> = {
      RULES: pulumi.jsonStringify(groups.rules),
      QUEUE: queue.id,
      GRANT_URL: grant.uri,
      PROJECT: project,
    };
    const receive = createFunction(
      name,
      {
        project,
        region,
        entryPoint: "receive",
        description: "Answers Okta's event hook.",
        source,
        builder: accounts.build,
        account: accounts.receive,
        environment: receiveEnvironment,
        secrets: hookSecret.environment,
        ingress: settings.hookUrl === "" ? "ALLOW_ALL" : "ALLOW_INTERNAL_AND_GCLB",
        memory: settings.receiveMemory,
        cpu: settings.receiveCpu,
        concurrency: settings.receiveConcurrency,
        timeoutSeconds: settings.receiveTimeoutSeconds,
        minInstances: settings.receiveMinInstances,
        maxInstances: settings.receiveMaxInstances,
        labels,
      },
      { ...google, dependsOn: [...services, hookSecret.mayRead] },
    );
    const oktaMayCall = allowInvoking(
      `${name}-okta-invokes-receive`,
      { project, region, member: "allUsers" },
      receive,
      child,
    );

    // Also where Okta delivers to a load balancer, it does so to a function that serves as declared.
    const hookUrl = receive.uri.apply((uri) => (settings.hookUrl === "" ? uri : settings.hookUrl));
    const hook = createEventHook(
      name,
      {
        stack,
        eventTypes: [...new Set(settings.rules.flatMap((rule) => rule.on))].sort(),
        receiverUrl: hookUrl,
        secret: hookSecret.current,
        secretNumber: settings.hookSecretRotation,
        waitSeconds: settings.receiverWaitSeconds,
        // The first event may come right after the verification: the whole way must be open.
        ready: [oktaMayCall, receiveMayEnqueue, ...memberships.ready, ...reconciliation.ready],
      },
      child,
    );

    this.hookUrl = hookUrl;
    this.eventHookId = hook.id;
    this.groupIds = pulumi.output(groups.idsByName);
    this.clientId = memberships.app.clientId;
    this.appId = memberships.app.appId;
    this.logReaderAppId = reconciliation.appId;
    this.queue = queue.id;
    this.continuationQueue = reconciliation.continuationQueue;
    this.stateBucket = reconciliation.stateBucket;
    this.services = pulumi.output({
      receive: receive.service,
      grant: grant.service,
      reconcile: reconciliation.service,
    });
    this.registerOutputs({
      hookUrl: this.hookUrl,
      eventHookId: this.eventHookId,
      groupIds: this.groupIds,
      clientId: this.clientId,
      appId: this.appId,
      logReaderAppId: this.logReaderAppId,
      queue: this.queue,
      continuationQueue: this.continuationQueue,
      stateBucket: this.stateBucket,
      services: this.services,
    });
  }
}

/** A stack's name as a label can hold it (Google Cloud, "Requirements for labels"). */
function labelText(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, "-")
    .slice(0, 63);
}

import * as pulumi from "@pulumi/pulumi";
import type { GrantEnvironment, ReceiveEnvironment } from "../function/settings.ts";
import { createAccounts } from "./google/accounts.ts";
import { buildArchive } from "./google/archive.ts";
import { allowInvoking, createFunction } from "./google/function.ts";
import { createHookSecret } from "./google/hook-secret.ts";
import { createQueue } from "./google/queue.ts";
import { enableServices } from "./google/services.ts";
import { createSigningKey } from "./google/signing-key.ts";
import { createSource } from "./google/source.ts";
import { createEventHook } from "./okta/event-hook.ts";
import { createGroups } from "./okta/groups.ts";
import { createServiceApp } from "./okta/service-app.ts";
import { checkSettings, type Settings } from "./settings.ts";

/** Where an integration lives, and what is chosen about it. What is left out takes its default. */
export interface SignInGroupsArgs extends Partial<Settings> {
  /** Google Cloud project id. */
  readonly project: string;
  /** Google Cloud region of the functions, the queue and the key. */
  readonly region: string;
  /** The Okta org's own address, such as `https://acme.okta.com`. */
  readonly orgUrl: string;
}

type Inputs<T> = { readonly [K in keyof T]: pulumi.Input<string> };

/**
 * Who signs in to Okta gets into a group: the groups, the API service app, the event hook with its verification, and
 * the two functions with the queue between them.
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
  /** Client id of the API service app. */
  readonly clientId: pulumi.Output<string>;
  /** Okta's id of the same app. */
  readonly appId: pulumi.Output<string>;
  /** Full name of the Cloud Tasks queue. */
  readonly queue: pulumi.Output<string>;
  /** Names of the Cloud Run services of the functions. */
  readonly services: pulumi.Output<{ receive: string; grant: string }>;

  /**
   * @param name at most 14 characters, since accounts are named after it: a lower-case letter, then these, digits or -
   * @throws ConfigurationError when a setting is wrong
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
    const stack = pulumi.getStack();
    const labels = { ...settings.labels, application: name, stack: labelText(stack) };
    const child: pulumi.CustomResourceOptions = { parent: this };

    const services = enableServices(name, project, child);
    const google = { ...child, dependsOn: services };
    const accounts = createAccounts(name, { project, stack }, google);
    const source = createSource(
      name,
      {
        project,
        region,
        archive: pulumi.output(buildArchive()),
        builder: accounts.build,
        imagesToKeep: settings.imagesToKeep,
        labels,
      },
      google,
    );
    const signingKey = createSigningKey(
      name,
      {
        project,
        region,
        rotation: settings.signingKeyRotation,
        protectionLevel: settings.signingKeyProtection,
        signer: accounts.grant,
        labels,
      },
      google,
    );
    const hookSecret = createHookSecret(
      name,
      { project, rotation: settings.hookSecretRotation, reader: accounts.receive, labels },
      google,
    );

    const groups = createGroups(
      name,
      { rules: settings.rules, protect: settings.protectGroups, stack },
      child,
    );
    const app = createServiceApp(
      name,
      { orgUrl, stack, publicKey: signingKey.publicKey, groupIds: groups.ids },
      child,
    );

    const grantEnvironment: Inputs<GrantEnvironment> = {
      OKTA_ORG_URL: orgUrl,
      OKTA_CLIENT_ID: app.clientId,
      OKTA_KEY_ID: signingKey.publicKey.kid,
      SIGNING_KEY_VERSION: signingKey.version,
      GROUP_IDS: pulumi.all(groups.ids).apply((ids) => ids.join(",")),
      PROJECT: project,
    };
    const grant = createFunction(
      name,
      {
        project,
        region,
        entryPoint: "grant",
        description: "Makes users members of groups in Okta.",
        source,
        builder: accounts.build,
        account: accounts.grant,
        environment: grantEnvironment,
        secrets: [],
        // Cloud Tasks counts as internal.
        ingress: "ALLOW_INTERNAL_ONLY",
        memory: settings.grantMemory,
        cpu: settings.grantCpu,
        concurrency: settings.grantConcurrency,
        timeoutSeconds: settings.grantTimeoutSeconds,
        minInstances: settings.grantMinInstances,
        // One writer to Okta, which so can keep to Okta's rate limits.
        maxInstances: 1,
        labels,
      },
      google,
    );
    const invokerMayCall = allowInvoking(
      `${name}-queue-invokes-grant`,
      { project, region, member: accounts.invoker.member },
      grant,
      child,
    );
    const queue = createQueue(
      name,
      { project, region, target: grant, invoker: accounts.invoker, enqueuer: accounts.receive, settings },
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
        ingress: "ALLOW_ALL",
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

    const hook = createEventHook(
      name,
      {
        stack,
        eventTypes: [...new Set(settings.rules.flatMap((rule) => rule.on))].sort(),
        receiverUrl: receive.uri,
        secret: hookSecret.current,
        waitSeconds: settings.receiverWaitSeconds,
        // The first event may come right after the verification: the whole way must be open.
        ready: [oktaMayCall, invokerMayCall, queue.mayEnqueue, signingKey.maySign, ...app.ready],
      },
      child,
    );

    this.hookUrl = receive.uri;
    this.eventHookId = hook.id;
    this.groupIds = pulumi.output(groups.idsByName);
    this.clientId = app.clientId;
    this.appId = app.appId;
    this.queue = queue.id;
    this.services = pulumi.output({ receive: receive.service, grant: grant.service });
    this.registerOutputs({
      hookUrl: this.hookUrl,
      eventHookId: this.eventHookId,
      groupIds: this.groupIds,
      clientId: this.clientId,
      appId: this.appId,
      queue: this.queue,
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

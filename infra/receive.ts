import * as pulumi from "@pulumi/pulumi";
import type { ReceiveEnvironment } from "../function/shared/contract.ts";
import type { DeployedFunction, FunctionOptions } from "./google/function.ts";
import { createHookSecret } from "./google/hook-secret.ts";
import { allowEnqueuing, type Queue } from "./google/queue.ts";
import { createEventHook } from "./okta/event-hook.ts";
import type { ResolvedRule } from "./rules.ts";
import type { FunctionContext, Inputs } from "./shared.ts";

/** What receives Okta's events. */
export interface Receive {
  /** The address that Okta delivers events to. */
  readonly hookUrl: pulumi.Output<string>;
  readonly eventHookId: pulumi.Output<string>;
  /** Name of the Cloud Run service. */
  readonly service: pulumi.Output<string>;
  readonly hookSecret: pulumi.Output<string>;
}

/** The function that Okta calls, with the secret that it checks and the event hook that calls it. */
export function createReceive(
  name: string,
  args: FunctionContext & {
    readonly rules: readonly ResolvedRule[];
    /** The queue of memberships, and where it leads. */
    readonly queue: Queue;
    readonly grant: DeployedFunction;
    /** Runs after the account received the permission to read the secret. */
    readonly afterNewRight: pulumi.ResourceHook;
    /** What else has to exist before the first event comes. */
    readonly ready: readonly pulumi.Resource[];
  },
  { child, google }: FunctionOptions,
): Receive {
  const { project, region, stack, settings, labels, accounts, queue } = args;
  const hookSecret = createHookSecret(
    name,
    {
      project,
      region,
      rotation: { number: settings.hookSecretRotation, revoked: settings.hookSecretRevoked },
      reader: accounts.receive,
      afterNewRight: args.afterNewRight,
      labels,
    },
    google,
  );
  const mayEnqueue = allowEnqueuing(
    `${name}-receive-enqueues`,
    { project, region, member: accounts.receive.member },
    queue,
    google,
  );
  const environment: Inputs<ReceiveEnvironment> = {
    RULES: pulumi.jsonStringify(args.rules),
    QUEUE: queue.id,
    GRANT_URL: args.grant.uri,
    PROJECT: project,
  };
  const receive = args.host.declare(
    {
      entryPoint: "receive",
      description: "Answers Okta's event hook.",
      account: accounts.receive,
      environment,
      secrets: hookSecret.environment,
      ingress: settings.hookUrl === undefined ? "everywhere" : "load balancers",
      invoker: { binding: `${name}-okta-invokes-receive`, member: "everyone" },
      memory: settings.receiveMemory,
      cpu: settings.receiveCpu,
      concurrency: settings.receiveConcurrency,
      timeoutSeconds: settings.receiveTimeoutSeconds,
      minInstances: settings.receiveMinInstances,
      maxInstances: settings.receiveMaxInstances,
    },
    [hookSecret.mayRead],
  );

  // Derived from the function's address also for a load balancer: the hook then waits until the function serves as declared.
  const hookUrl = pulumi.all([receive.uri, settings.hookUrl]).apply(([uri, own]) => own ?? uri);
  const hook = createEventHook(
    name,
    {
      stack,
      eventTypes: [...new Set(settings.rules.flatMap((rule) => rule.on))].sort(),
      receiverUrl: hookUrl,
      secret: hookSecret.current,
      secretNumber: settings.hookSecretRotation,
      hosting: settings.hosting,
      waitSeconds: settings.receiverWaitSeconds,
      // The first event may come right after the verification: the whole way must be open.
      ready: [...receive.ready, mayEnqueue, ...args.ready],
    },
    child,
  );
  return { hookUrl, eventHookId: hook.id, service: receive.service, hookSecret: hookSecret.current };
}

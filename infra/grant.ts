import * as okta from "@pulumi/okta";
import * as pulumi from "@pulumi/pulumi";
import type { GrantEnvironment } from "../function/shared/contract.ts";
import { numberOf } from "./checks.ts";
import type { DeployedFunction, FunctionOptions } from "./google/function.ts";
import { createQueue, type Queue } from "./google/queue.ts";
import { allowSigning, createSigningKey } from "./google/signing-key.ts";
import { resourceSetNamed, roleNamed } from "./okta/names.ts";
import { createServiceApp, type ServiceApp, type ServiceAppArgs } from "./okta/service-app.ts";
import { taskSeconds } from "./settings.ts";
import { type FunctionContext, type Inputs, oktaEnvironment } from "./shared.ts";

/** What adds people to groups. */
export interface Grant {
  /** Each task in it makes one person a member of one group. */
  readonly queue: Queue;
  /** The function to which the queue leads. */
  readonly grant: DeployedFunction;
  readonly app: ServiceApp;
  /** What has to be in place before the first task comes. */
  readonly ready: pulumi.Resource[];
}

/** The function that writes memberships, with its key and its service app, and the queue before it. */
export function createGrant(
  name: string,
  args: FunctionContext & { readonly groupIds: pulumi.Output<string>[] },
  { child, google }: FunctionOptions,
): Grant {
  const { project, region, orgUrl, stack, settings, labels, accounts, groupIds } = args;

  const key = createSigningKey(
    `${name}-signing-key`,
    {
      ring: args.keyRing,
      rotation: { number: settings.signingKeyRotation, revoked: settings.signingKeyRevoked },
      protectionLevel: settings.signingKeyProtection,
      labels,
    },
    google,
  );
  const app = createMemberWriter(name, { orgUrl, stack, keys: key.versions, groupIds }, child);

  const environment: Inputs<GrantEnvironment> = {
    ...oktaEnvironment({ orgUrl, app, key: key.versions.current, settings }),
    GROUP_IDS: pulumi.all(groupIds).apply((ids) => ids.join(",")),
    TASK_SECONDS: String(taskSeconds(settings)),
    MEMBER_SNAPSHOT_SECONDS: String(numberOf(settings.memberSnapshotInterval)),
    QUEUE_RETRY_SECONDS: String(Math.floor(numberOf(settings.queueRetryDuration))),
    PROJECT: project,
  };
  const grant = args.host.declare(
    {
      entryPoint: "grant",
      description: "Makes users members of groups in Okta.",
      account: accounts.grant,
      environment,
      secrets: [],
      ingress: "internal",
      invoker: { binding: `${name}-queue-invokes-grant`, member: accounts.invoker.member },
      memory: settings.grantMemory,
      cpu: settings.grantCpu,
      concurrency: settings.grantConcurrency,
      timeoutSeconds: settings.grantTimeoutSeconds,
      minInstances: settings.grantMinInstances,
      // A single writer to Okta can keep to Okta's rate limits.
      maxInstances: 1,
    },
    // It acts as the new app as soon as it serves: by then the app must have its scope and its role.
    app.ready,
  );
  const maySign = allowSigning(`${name}-grant-signs`, { member: accounts.grant.member }, key, google);
  const queue = createQueue(
    `${name}-memberships`,
    {
      project,
      region,
      target: grant,
      caller: accounts.invoker,
      dispatchesPerSecond: settings.queueDispatchesPerSecond,
      concurrentDispatches: settings.queueConcurrentDispatches,
      settings,
    },
    google,
  );
  return { queue, grant, app, ready: [...grant.ready, maySign] };
}

/**
 * The app as which `grant` writes memberships. It may do one thing: list and manage the members of the rules' groups. A
 * custom role over a resource set of just these groups is the narrowest (Okta, "Custom admin roles"). The users are in
 * the set because adding a member needs rights on the user, too.
 */
function createMemberWriter(
  name: string,
  args: ServiceAppArgs & { readonly groupIds: pulumi.Output<string>[] },
  options: pulumi.CustomResourceOptions,
): ServiceApp {
  const { orgUrl, stack } = args;
  const label = `${name} (${stack})`;
  const roleNames = roleNamed(name, stack);
  const role = new okta.AdminRoleCustom(
    roleNames.resource,
    {
      label: roleNames.name,
      description: "Lists the members of the groups in its resource set, and adds people to them.",
      permissions: ["okta.groups.members.manage", "okta.groups.read", "okta.users.groupMembership.manage"],
    },
    options,
  );
  const resourceSetNames = resourceSetNamed(name, stack);
  const resourceSet = new okta.ResourceSet(
    resourceSetNames.resource,
    {
      label: resourceSetNames.name,
      description: "The groups that people get into by signing in, and all people.",
      resources: pulumi
        .all(args.groupIds)
        .apply((ids) => [`${orgUrl}/api/v1/users`, ...ids.map((id) => `${orgUrl}/api/v1/groups/${id}`)]),
    },
    options,
  );
  return createServiceApp(
    { app: `${name}-service-app`, scopes: `${name}-scopes`, roleAssignment: `${name}-role-assignment` },
    {
      ...args,
      label,
      // It includes reading.
      scopes: ["okta.groups.manage"],
      role: {
        assignment: { type: "CUSTOM", role: role.id, resourceSet: resourceSet.id },
        parts: [role, resourceSet],
      },
    },
    options,
  );
}

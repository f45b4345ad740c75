import { once } from "node:events";
import { type ServerType, serve } from "@hono/node-server";
import { Hono } from "hono";
import { type RecordExchange, recordAnswer } from "../exchange.ts";
import { refuseForeign } from "../own-machine.ts";
import { createBilling, openAccount, type ProjectAccount } from "./account.ts";
import { createArtifactRegistry } from "./artifact-registry.ts";
import { createBigQuery } from "./bigquery.ts";
import type { Cloud } from "./cloud.ts";
import { type Faults, noFaults } from "./faults.ts";
import { createFunctions } from "./functions/api.ts";
import { createAccess } from "./iam/access.ts";
import { createPolicies } from "./iam/policies.ts";
import { createServiceAccounts } from "./iam/service-accounts.ts";
import { createTokens } from "./iam/tokens.ts";
import { createKeyManagement } from "./kms/api.ts";
import { createLocationLists } from "./location-lists.ts";
import { createLocationPolicy, type LocationPolicy } from "./locations.ts";
import { createLogSinks, sinkWriter } from "./log-sinks.ts";
import { createLogging, type LogEntry } from "./logging.ts";
import { createMonitoring } from "./monitoring/api.ts";
import type { GoogleNotice } from "./notices.ts";
import { createOperations } from "./operations.ts";
import { type Organization, openOrganization, requireMembers } from "./organization.ts";
import { createOrganizationPolicies } from "./organization-policies.ts";
import { createPubSub } from "./pubsub.ts";
import { createQuotas } from "./quotas.ts";
import { createRequestHandler } from "./request-handler.ts";
import { createResourceManager } from "./resource-manager.ts";
import { createRunApi } from "./run/api.ts";
import { createOrigins } from "./run/ingress.ts";
import { type LoadBalancer, startLoadBalancer } from "./run/load-balancer.ts";
import type { EndSignal } from "./run/revision.ts";
import { createRunServices } from "./run/services.ts";
import { createScheduler } from "./scheduler/api.ts";
import { createSecretManager } from "./secret-manager.ts";
import { createServiceUsage } from "./service-usage.ts";
import { createStorage } from "./storage/api.ts";
import { createTasks } from "./tasks/api.ts";
import { send, sendRecorded } from "./tasks/send.ts";
import type { Task } from "./tasks/task.ts";
import { machineTimers, type Timers } from "./timers.ts";

/** What a local Google Cloud is made with. */
export interface LocalGoogleOptions {
  readonly project: string;
  readonly region: string;
  /** The locations that an organization policy allows; all unless given. */
  readonly allowedLocations?: readonly string[];
  /** The APIs that are enabled from the beginning; Service Usage only, unless given. */
  readonly enabledServices?: readonly string[];
  readonly observe?: (notice: GoogleNotice) => void;
  /** Takes what the APIs are asked, and what tasks and jobs ask functions. */
  readonly record?: RecordExchange;
  /** The folder whose node_modules holds the functions framework and the packages that functions use. */
  readonly packagesFolder: string;
  /** By which tasks and schedules go: this machine's unless given. */
  readonly clock?: Timers;
  /** Whether jobs of Cloud Scheduler run at their times, as they do unless this is false; otherwise only when they are asked to. */
  readonly followsSchedules?: boolean;
}

/** A Google Cloud with one project, on this machine. */
export interface LocalGoogle {
  /** Where every API is, each at its real path. */
  readonly url: string;
  readonly projectNumber: string;
  /** Bearer token of the project's owner. */
  readonly deployerToken: string;
  /** What is to go wrong from now on; nothing at first. */
  readonly faults: Faults;
  /** What the organization allows; a changed policy counts for what is made from then on. */
  readonly locations: LocationPolicy;
  /** What else the organization forbids; nothing at first. */
  readonly organization: Organization;
  /** Billing and quotas of the project. */
  readonly account: ProjectAccount;
  /** The tasks of each queue that wait or are being dispatched, by the queue's id. */
  tasks(): ReadonlyMap<string, readonly Task[]>;
  /** The content of the object of this name, in whichever bucket it is; undefined when there is none. */
  objectNamed(name: string): Uint8Array | undefined;
  /** The log entries that a dataset of BigQuery or a topic of Pub/Sub holds, by its full name. */
  exportedTo(destination: string): readonly LogEntry[];
  /** A variable that a function is deployed with, such as `RULES` of `receive`; undefined while there is none. */
  variableOf(functionName: string, variable: string): string | undefined;
  /** A bearer token of a service account, as somebody gets who may impersonate it. */
  accessTokenOf(email: string): string;
  /**
   * Resolves when no task waits or is being dispatched and no job runs. The next time of a schedule is not waited for.
   */
  idle(): Promise<void>;
  /** Resolves when this operation is done, however it ended, so that whoever is in the same process need not ask again and again. */
  ended(operation: string): Promise<void>;
  /**
   * Ends the running process of a function in the middle of what it does. With SIGTERM it has ten seconds to end what is
   * under way. The next request starts another process; who waits for an answer of the one that ends gets a 503.
   * @param functionName an entry point, such as "grant", or a function's own name; all functions that have it are meant
   * @returns the ids of the processes, when they have ended; none when none was running
   * @throws Error when no such function is served
   */
  kill(functionName: string, signal: EndSignal): Promise<readonly number[]>;
  /**
   * Puts a load balancer in front of a function, as a person would by hand: by its address requests reach the function also
   * where its ingress admits load balancers and nobody else from outside.
   * @param functionName as for `kill`; while there is no such function, the load balancer answers 502
   */
  startLoadBalancer(functionName: string): Promise<LoadBalancer>;
  /**
   * What a deployment made and is still there, worded for a person. What Google keeps for ever does not count:
   * enabled APIs, key rings, keys, key versions that are scheduled for destruction.
   */
  leftovers(): string[];
  /** Ends the functions' processes and all servers, and removes temporary folders. */
  close(): Promise<void>;
}

const PROJECT_NUMBER = "415104041262";

/** Starts a local Google Cloud. */
export async function startGoogle(options: LocalGoogleOptions): Promise<LocalGoogle> {
  const { project, region, record } = options;
  const logging = createLogging({ project, region });
  const notify = (notice: GoogleNotice) => {
    logging.hear(notice);
    options.observe?.(notice);
  };
  const faults = noFaults();
  const locations = createLocationPolicy(PROJECT_NUMBER, options.allowedLocations);
  const operations = createOperations();
  const organization = openOrganization();
  const services = createServiceUsage(project, PROJECT_NUMBER, operations, options.enabledServices);
  const accounts = createServiceAccounts(project, PROJECT_NUMBER);
  const accountExists = (email: string) => accounts.get(email) !== undefined;
  const clock = options.clock ?? machineTimers;
  const policies = createPolicies(
    /**
     * @own The agent of Cloud Logging can be given rights from the beginning; Google makes it with the first sink, and the program binds
     * what the sink's answer names.
     */
    (email) => accountExists(email) || email === sinkWriter(PROJECT_NUMBER),
    (resource, members) => requireMembers(organization, resource, members),
    { now: () => clock.now(), delay: () => faults.policyDelayMilliseconds },
  );
  const access = createAccess(policies, project);
  const tokens = createTokens((email) => {
    const account = accounts.get(email);
    return account?.disabled === true ? undefined : account?.uniqueId;
  });
  const account = openAccount();
  const cloud: Cloud = {
    project,
    projectNumber: PROJECT_NUMBER,
    region,
    locations,
    organization,
    notify,
    clock,
    policies,
    access,
    tokens,
    operations,
    faults,
    requireService: services.require,
    accountExists,
  };
  let url = "";
  const storage = createStorage(cloud);
  const registry = createArtifactRegistry(cloud);
  const secrets = createSecretManager(cloud);
  const origins = createOrigins();
  const run = createRunServices(cloud, origins);
  // To Cloud Run both are internal (Cloud Run, Restrict network ingress).
  const sendInternally = origins.internalSender(record ? sendRecorded(record) : send, run.isService);
  const tasks = createTasks(cloud, sendInternally);
  const scheduler = createScheduler(cloud, sendInternally, options.followsSchedules ?? true);
  const deployment = { storage, secrets, apiUrl: () => url, defaultAccount: accounts.defaultEmail };
  const functions = createFunctions(cloud, run, {
    ...deployment,
    cloud,
    packagesFolder: options.packagesFolder,
    hasRepository: registry.has,
  });
  const monitoring = createMonitoring(cloud);
  const bigQuery = createBigQuery(cloud);
  const pubSub = createPubSub(cloud);
  const apis = [
    createResourceManager(cloud),
    createOrganizationPolicies(cloud),
    createBilling(cloud, account),
    createQuotas(cloud, account),
    createLocationLists(cloud),
    logging,
    storage,
    registry,
    createKeyManagement(cloud),
    secrets,
    tasks,
    scheduler,
    run,
    createRunApi(cloud, run, deployment),
    monitoring,
    createLogSinks(cloud, logging, [bigQuery, pubSub]),
    bigQuery,
    pubSub,
  ];
  const routes = [
    ...services.routes,
    ...accounts.routes(policies),
    ...apis.flatMap((api) => api.routes),
    ...functions.routes,
  ];

  const app = new Hono();
  const handle = createRequestHandler(cloud, routes);
  /**
   * @own The entrance of the sandbox, where pages of other sites are kept out; its routes are those of the APIs.
   */
  app.all("*", async ({ req }) => {
    const answer =
      refuseForeign(req.header("host"), req.header("origin")) ??
      (await recordAnswer(record, "google", req.raw, handle));
    return (await faults.alter?.({ method: req.method, path: req.path }, answer)) ?? answer;
  });
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
  await once(server, "listening");
  url = `http://127.0.0.1:${portOf(server)}`;

  return {
    url,
    projectNumber: PROJECT_NUMBER,
    deployerToken: tokens.owner,
    faults,
    locations,
    organization,
    account,
    tasks: tasks.byQueue,
    objectNamed: storage.find,
    exportedTo: (destination) => [...bigQuery.entriesOf(destination), ...pubSub.entriesOf(destination)],
    variableOf: run.variableOf,
    accessTokenOf: (email) => tokens.issueAccessToken(email).access_token,
    ended: operations.ended,
    async idle() {
      do {
        await tasks.idle();
        await scheduler.idle();
        // What a job ran may have made tasks.
      } while (!tasks.isIdle() || !scheduler.isIdle());
    },
    kill: run.kill,
    startLoadBalancer: (functionName) =>
      startLoadBalancer(() => run.uriOf(functionName), origins.loadBalancer),
    leftovers: () => [
      ...accounts.emails().map((email) => `service account ${email}`),
      ...[...apis, functions].flatMap((api) => api.leftovers()),
      ...policies.grants().map(({ resource, role, member }) => `${role} on ${resource} for ${member}`),
    ],
    async close() {
      tasks.close();
      scheduler.close();
      await operations.settled();
      await run.close();
      const closed = once(server, "close");
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
}

function portOf(server: ServerType): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The API server has no port.");
  return address.port;
}

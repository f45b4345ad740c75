import { randomBytes, randomUUID } from "node:crypto";
import type { Api, Cloud } from "../cloud.ts";
import { alreadyExists, GoogleError, invalidField, notFound } from "../errors.ts";
import { requireAttachment } from "../iam/act-as.ts";
import { principalName } from "../iam/tokens.ts";
import { requireRegion } from "../locations.ts";
import type { Operation } from "../operations.ts";
import { requireInvokerCheck } from "../organization.ts";
import { type Call, masked, requiredQuery } from "../routes.ts";
import { readService, type ServiceConfiguration } from "./configuration.ts";
import {
  type DeploymentOptions,
  type FailureReason,
  type Launch,
  launchOf,
  RevisionFailure,
} from "./deployment.ts";
import type { RunService, RunServices } from "./services.ts";
import { completed, isSameTemplate, type Raw, SERVICE_FIELDS } from "./template.ts";

/** A service as it is now. */
interface Service {
  readonly id: string;
  readonly name: string;
  readonly uid: string;
  readonly createTime: string;
  readonly creator: string;
  /** What was asked for, completed. */
  requested: Raw;
  configuration: ServiceConfiguration;
  running: RunService | undefined;
  /** The revisions that came up at least once, by their ids. */
  readonly ready: Map<string, Launch>;
  revisions: number;
  generation: number;
  /** The generation that serves; 0 while none does. */
  observedGeneration: number;
  latestCreated: string;
  latestReady: string | undefined;
  /** Why the latest revision does not serve. */
  failure: RevisionFailure | undefined;
  isReconciling: boolean;
  lastModifier: string;
  updateTime: string;
  /** When its conditions last changed. */
  transitionTime: string;
  etag: string;
}

const SERVICE = "run.googleapis.com";
const SERVICES = "/v2/projects/{project}/locations/{location}/services";
const SERVICE_ID = /^[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?$/;
/** Begins the ids of this API's operations: Cloud Functions has the same path for its own, at another address. */
const MARK = "run-";

/**
 * The services of Cloud Run (Cloud Run Admin API, REST reference v2: projects.locations.services).
 *
 * @own The services behind functions answer here by their policies only.
 */
export function createRunApi(cloud: Cloud, run: RunServices, options: DeploymentOptions): Api {
  const services = new Map<string, Service>();
  const parentOf = (call: Call) => `projects/${cloud.project}/locations/${call.parameter("location")}`;
  const nameOf = (call: Call) => `${parentOf(call)}/services/${call.parameter("service")}`;
  const isProject = (name: string) => name === cloud.project || name === cloud.projectNumber;

  /**
   * Reads what is asked for, and checks what the caller may do with it.
   *
   * @decision An account that does not exist can't run a service: 400.
   * @evidence assumed: Google's answer for such an account is not public; to a caller without the right to act as it, it is
   * "denied on service account … (or it may not exist)" (dora-team/fourkeys#459).
   * @show No deployment shows it: the program's services depend on their accounts.
   * @matters deployment fails: each service waits for its account.
   *
   * @decision The one who deploys a service must be able to read the object of its source: storage.objects.get.
   * @evidence assumed: who reads the archive is not public. The provider's acceptance test grants nothing for it, and the one who
   * deploys there owns the project; if it is Cloud Run's service agent that reads, it has the right by its own role.
   * @show Deploy with an account that has no right on the bucket.
   * @matters deployment fails: docs/pull-requests.md gives the deploying account the right on buckets.
   */
  function read(
    call: Call,
    body: Raw,
  ): { readonly requested: Raw; readonly configuration: ServiceConfiguration } {
    const requested = completed(body, options.defaultAccount);
    const configuration = readService(requested, isProject);
    requireInvokerCheck(cloud.organization, configuration.invokerIamDisabled);
    const { account, bucket, object } = configuration;
    if (!cloud.accountExists(account)) {
      throw invalidField("template.serviceAccount", `service account ${account} does not exist`);
    }
    requireAttachment(cloud, call, account);
    const source = `${options.storage.resource(bucket)}/objects/${encodeURIComponent(object)}`;
    cloud.access.require(call.principal, "storage.objects.get", source);
    return { requested, configuration };
  }

  /**
   * The service as the API answers it.
   *
   * @decision A service answers the template that was last asked for, also when no revision of it came up; latestReadyRevision,
   * observedGeneration and trafficStatuses are those of the revision that serves, and empty while none does.
   * @evidence documentation: google.golang.org/api v0.290.0, run/v2/run-api.json, Service.reconciling: "If reconciliation failed,
   * traffic_statuses, observed_generation, and latest_ready_revision will have the state of the last serving revision, or empty
   * for newly created Services." recorded: firebase/firebase-tools 02c338c, src/gcp/runv2.ts, the form of the whole answer.
   * @matters misleading: infra/ compares both revisions, since after a failed update the template looks as declared.
   *
   * @decision The ingress that is answered is the one in force; while no revision serves, there is none.
   * @evidence documentation: google.golang.org/api v0.290.0, run/v2/run-api.json, Service.ingress: "On output, returns the currently
   * observed ingress settings, or INGRESS_TRAFFIC_UNSPECIFIED if no revision is active."
   * @matters sandbox only: a service that never served is repaired by another template.
   *
   * @decision A service that never served has no uri.
   * @evidence assumed: the description calls uri "the main URI in which this Service is serving traffic"; the console shows an
   * address for some services that failed.
   * @show Let the first revision of a service fail, and read it.
   * @matters misleading: infra/ passes no empty address on.
   */
  function describe(service: Service): object {
    const { requested, running, latestReady } = service;
    const { ingress, ...asked } = requested;
    const isServing = running !== undefined && latestReady !== undefined;
    const revisionName = (id: string) => `${service.name}/revisions/${id}`;
    return {
      ...asked,
      name: service.name,
      uid: service.uid,
      generation: String(service.generation),
      createTime: service.createTime,
      updateTime: service.updateTime,
      creator: service.creator,
      lastModifier: service.lastModifier,
      etag: service.etag,
      terminalCondition: condition(service, "Ready"),
      conditions: ["RoutesReady", "ConfigurationsReady"].map((type) => condition(service, type)),
      latestCreatedRevision: revisionName(service.latestCreated),
      ...(service.isReconciling ? { reconciling: true } : {}),
      ...(service.observedGeneration > 0 ? { observedGeneration: String(service.observedGeneration) } : {}),
      ...(isServing
        ? {
            ingress,
            latestReadyRevision: revisionName(latestReady),
            trafficStatuses: requested["traffic"],
            uri: running.uri,
            urls: [running.uri],
          }
        : {}),
    };
  }

  /** Starts the latest revision, unless it serves already, and sends the traffic where it is to go. */
  async function reconcile(service: Service, launch: Launch | undefined): Promise<object> {
    const { configuration } = service;
    try {
      service.running ??= await run.create(parentLocation(service.name), service.id);
      service.running.configure({
        ingress: configuration.ingress,
        isPublic: configuration.invokerIamDisabled,
      });
      if (launch) {
        service.failure = undefined;
        const revision = await launch.start();
        service.ready.set(launch.name, launch);
        service.latestReady = launch.name;
        if (configuration.pinned === undefined) service.running.serve(revision);
        else await revision.retire(true);
      }
      await sendTraffic(service, service.running);
      /**
       * @decision An operation on a service whose latest revision failed fails as well, when it brings no other template: no revision
       * is started again.
       * @evidence assumed: UpdateService "will create a new revision" only for a changed template (google.golang.org/api v0.290.0,
       * run/v2/run-api.json, forceNewRevision: "even if the system doesn't detect any changes").
       * @show After a revision failed, change the ingress only and deploy.
       * @matters misleading: infra/ names the way out, which is another template.
       */
      if (service.failure) throw service.failure;
      service.observedGeneration = service.generation;
    } catch (error) {
      if (error instanceof RevisionFailure) service.failure = error;
      throw error;
    } finally {
      service.isReconciling = false;
      service.transitionTime = new Date().toISOString();
    }
    return describe(service);
  }

  /** Puts the revision in place that is to have the traffic, where another one has it. */
  async function sendTraffic(service: Service, running: RunService): Promise<void> {
    const wanted = service.configuration.pinned ?? service.latestReady;
    if (wanted === undefined || running.revision()?.name === wanted) return;
    const launch = service.ready.get(wanted);
    if (launch) running.serve(await launch.start());
  }

  /**
   * The next revision of a service.
   *
   * @decision A revision's id is the service's with a number of five digits and three letters, unless the request names it.
   * @evidence recorded: firebase/firebase-tools 02c338c, src/gcp/runv2.ts: ejectrequest-00002-ruh.
   * @matters sandbox only: infra/ compares ids only for equality.
   *
   * @decision A request that names a revision that there is, for another template, is refused with 409.
   * @evidence assumed: an id is unique (google.golang.org/api v0.290.0, run/v2/run-api.json, RevisionTemplate.revision: "The unique
   * name for the revision").
   * @show No deployment shows it: the program names no revision.
   * @matters sandbox only: the program leaves it to Cloud Run.
   */
  function nextRevision(service: Service): Launch {
    const { id, configuration } = service;
    const letters = [...randomBytes(3)].map((byte) => "abcdefghijklmnopqrstuvwxyz"[byte % 26]).join("");
    service.revisions += 1;
    const made = `${id}-${String(service.revisions).padStart(5, "0")}-${letters}`;
    const name = configuration.revision ?? made;
    if (service.ready.has(name)) throw alreadyExists(`${service.name}/revisions/${name}`);
    service.latestCreated = name;
    return launchOf(name, id, configuration, cloud, options);
  }

  function change(
    service: Service,
    call: Call,
    changed: { readonly requested: Raw; readonly configuration: ServiceConfiguration },
  ): void {
    Object.assign(service, changed);
    service.generation += 1;
    service.isReconciling = true;
    service.updateTime = new Date().toISOString();
    service.lastModifier = principalName(call.principal);
    service.etag = `"${randomBytes(9).toString("base64url")}"`;
  }

  /**
   * @decision A service whose name exists is refused with 409.
   * @evidence documentation: googleapis/googleapis f8291d2, google/rpc/code.proto: ALREADY_EXISTS, HTTP 409.
   * @matters deployment fails: after a failed creation the service is there all the same.
   *
   * @decision The id of a service has fewer than 50 lower-case letters, digits and hyphens, a letter first and no hyphen at its end;
   * another is refused with 400.
   * @evidence documentation: google.golang.org/api v0.290.0, run/v2/run-api.json, projects.locations.services.create, serviceId: "must
   * begin with letter, and cannot end with hyphen; must contain fewer than 50 characters"; googleapis/googleapis 01711ae,
   * google/cloud/run/v2/service.proto, CreateServiceRequest.parent: lower-case only.
   * @matters deployment fails: Pulumi makes the id from the component's name.
   */
  function create(call: Call): Operation {
    const location = call.parameter("location");
    requireRegion(location);
    cloud.locations.require("a service", location);
    const id = requiredQuery(call, "serviceId");
    if (!SERVICE_ID.test(id)) {
      throw invalidField(
        "serviceId",
        "fewer than 50 lower-case letters, digits and hyphens, a letter first, no hyphen last",
      );
    }
    const name = `${parentOf(call)}/services/${id}`;
    const asked = read(call, call.fields().raw);
    if (services.has(name) || run.has(name)) throw alreadyExists(name);
    const now = new Date().toISOString();
    const service: Service = {
      ...asked,
      id,
      name,
      uid: randomUUID(),
      createTime: now,
      creator: principalName(call.principal),
      running: undefined,
      ready: new Map(),
      revisions: 0,
      generation: 0,
      observedGeneration: 0,
      latestCreated: "",
      latestReady: undefined,
      failure: undefined,
      isReconciling: false,
      lastModifier: "",
      updateTime: now,
      transitionTime: now,
      etag: "",
    };
    change(service, call, asked);
    const launch = nextRevision(service);
    services.set(name, service);
    return cloud.operations.start(parentOf(call), () => reconcile(service, launch), MARK);
  }

  /**
   * @decision A service that is not there is refused with 404.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/services/cloudrunv2/resource_cloud_run_v2_service.go, Read: HandleNotFoundError.
   * @matters deployment fails: a refresh makes the service again.
   */
  function existing(call: Call): Service {
    const service = services.get(nameOf(call));
    if (!service) throw notFound(nameOf(call));
    return service;
  }

  /**
   * @decision A service that is being reconciled is neither changed nor deleted: 409 ABORTED.
   * @evidence assumed: the API takes an etag to detect a conflict (google.golang.org/api v0.290.0, run/v2/run-api.json, Service.etag);
   * what it does to a second change under way is not public.
   * @show No deployment shows it: the provider waits for each operation.
   * @matters sandbox only: one update at a time changes a stack.
   */
  function settled(call: Call): Service {
    const service = existing(call);
    if (service.isReconciling) throw new GoogleError("ABORTED", "Conflict: the service is being reconciled.");
    return service;
  }

  /**
   * @decision A PATCH without a mask replaces the service as a whole: what the body leaves out is gone. With a mask only what it
   * names is changed.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/services/cloudrunv2/resource_cloud_run_v2_service.go, Update: PATCH without updateMask, and a field that was emptied
   * is not in the body; firebase/firebase-tools 02c338c, src/gcp/runv2.ts, updateService, names every field in its mask.
   * @matters deployment fails: what the program no longer declares is taken back.
   *
   * @decision A new revision is made only for another template, or with forceNewRevision.
   * @evidence documentation: google.golang.org/api v0.290.0, run/v2/run-api.json, projects.locations.services.patch, forceNewRevision:
   * "a new revision will be created from the template even if the system doesn't detect any changes from the previously deployed
   * revision".
   * @matters misleading: after a failed revision the same template is not tried again; infra/ names the way out.
   */
  function patch(call: Call): Operation {
    const service = settled(call);
    const body = call.fields().raw;
    const wanted = call.query("updateMask") ? masked(call, service.requested, SERVICE_FIELDS, body) : body;
    const asked = read(call, wanted);
    const isNew =
      call.query("forceNewRevision") === "true" || !isSameTemplate(service.requested, asked.requested);
    const { pinned } = asked.configuration;
    /**
     * @decision Traffic can be sent only to a revision that came up; another is refused with 400.
     * @evidence assumed: Knative, from which the API comes, answers a route to a missing revision with RevisionMissing; the words of
     * the real one are not public.
     * @show Pin the traffic to a revision that does not exist.
     * @matters sandbox only: the program sends all traffic to the latest revision.
     */
    if (pinned !== undefined && !service.ready.has(pinned))
      throw invalidField("traffic", `${pinned} is not a ready revision`);
    change(service, call, asked);
    const launch = isNew ? nextRevision(service) : undefined;
    return cloud.operations.start(parentOf(call), () => reconcile(service, launch), MARK);
  }

  /**
   * @decision A deleted service takes its revisions and its policy with it; its source stays.
   * @evidence documentation: googleapis/googleapis 01711ae, google/cloud/run/v2/service.proto, DeleteService: "This will cause the
   * Service to stop serving traffic and will delete all revisions."
   * @matters sandbox only: `leftovers` names what stays.
   */
  function remove(call: Call): Operation {
    const service = settled(call);
    service.isReconciling = true;
    const work = async () => {
      if (service.running) await run.remove(service.running);
      services.delete(service.name);
      cloud.policies.drop(service.name);
      return {};
    };
    return cloud.operations.start(parentOf(call), work, MARK);
  }

  const one = { service: SERVICE, path: `${SERVICES}/{service}`, resource: nameOf } as const;
  const project = { service: SERVICE, resource: () => `projects/${cloud.project}` } as const;
  return {
    // What runs them names them.
    leftovers: () => [],
    routes: [
      /**
       * @decision A service is made by run.services.create on the project, through an operation that ends when its first revision
       * serves or has failed.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/cloudrunv2/resource_cloud_run_v2_service.go, Create: services?serviceId=…, CloudRunV2OperationWaitTime.
       * @matters deployment fails: what needs the service's address waits for it.
       */
      { ...project, method: "POST", path: SERVICES, permission: "run.services.create", handle: create },
      {
        ...one,
        method: "GET",
        permission: "run.services.get",
        handle: (call) => describe(existing(call)),
      },
      /**
       * @decision A service is changed by run.services.update on the service, through an operation.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/cloudrunv2/resource_cloud_run_v2_service.go, Update: PATCH, CloudRunV2OperationWaitTime. The permission:
       * Cloud Run, "IAM permissions" (https://cloud.google.com/run/docs/reference/iam/permissions).
       * @matters sandbox only: the one who deploys is the owner here.
       */
      { ...one, method: "PATCH", permission: "run.services.update", handle: patch },
      /**
       * @decision A service is deleted by run.services.delete on the service, through an operation.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/cloudrunv2/resource_cloud_run_v2_service.go, Delete: CloudRunV2OperationWaitTime.
       * @matters sandbox only: the one who deploys is the owner here.
       */
      { ...one, method: "DELETE", permission: "run.services.delete", handle: remove },
      /**
       * @decision An operation of Cloud Run is read below the location that it began in, for run.operations.get. Here its id begins
       * with "run-": the real API has an address of its own.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/cloudrunv2/cloud_run_v2_operation.go: GET of the operation's own name. The permission: Cloud Run, "IAM
       * permissions" (https://cloud.google.com/run/docs/reference/iam/permissions).
       * @matters deployment fails: the provider waits for the operation.
       */
      {
        ...project,
        method: "GET",
        path: `/v2/projects/{project}/locations/{location}/operations/${MARK}{operation}`,
        permission: "run.operations.get",
        handle: (call) =>
          cloud.operations.get(`${parentOf(call)}/operations/${MARK}${call.parameter("operation")}`),
      },
    ],
  };
}

/** One of a service's conditions: pending, succeeded or failed, with the reason. */
function condition({ isReconciling, failure, transitionTime }: Service, type: string): object {
  const state = isReconciling ? "RECONCILING" : failure ? "FAILED" : "SUCCEEDED";
  const why: { readonly message?: string } & Partial<FailureReason> =
    failure && !isReconciling ? { message: failure.message, ...failure.reason } : {};
  return { type, state: `CONDITION_${state}`, lastTransitionTime: transitionTime, ...why };
}

/** The location in a service's full name. */
function parentLocation(name: string): string {
  return name.split("/")[3] ?? "";
}

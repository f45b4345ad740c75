import { randomBytes } from "node:crypto";
import { isObject } from "../../../function/shared/json.ts";
import type { Api, Cloud } from "../cloud.ts";
import { alreadyExists, GoogleError, invalidField, notFound } from "../errors.ts";
import { type Fields, fields } from "../fields.ts";
import { requireAttachment } from "../iam/act-as.ts";
import { requireRegion } from "../locations.ts";
import type { Operation } from "../operations.ts";
import { type Call, masked, requiredQuery } from "../routes.ts";
import type { RunService, RunServices } from "../run/services.ts";
import { type FunctionConfiguration, readConfiguration } from "./configuration.ts";
import { buildAccount, type DeploymentOptions, deploy, runAccount } from "./deployment.ts";
import { copySource, type SourceCopy } from "./source.ts";

/** A function as it is now. */
interface CloudFunction {
  readonly id: string;
  readonly location: string;
  readonly build: string;
  /** What the program asked for. */
  requested: Readonly<Record<string, unknown>>;
  /** What is built now, or was last tried to be before the first success. */
  source: SourceCopy | undefined;
  state: "DEPLOYING" | "ACTIVE" | "FAILED" | "DELETING";
  revisions: number;
  service: RunService | undefined;
  updateTime: string;
  message: string | undefined;
}

const SERVICE = "cloudfunctions.googleapis.com";
/** APIs without which no function can be deployed. */
const NEEDED = ["cloudbuild.googleapis.com", "run.googleapis.com", "artifactregistry.googleapis.com"];
const FUNCTIONS = "/v2/projects/{project}/locations/{location}/functions";
const CHANGEABLE = ["description", "buildConfig", "serviceConfig", "eventTrigger", "kmsKeyName", "labels"];
const FUNCTION_ID = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The Cloud Functions API of one project (Cloud Run functions, REST reference v2). */
export function createFunctions(cloud: Cloud, run: RunServices, options: DeploymentOptions): Api {
  const functions = new Map<string, CloudFunction>();
  const parentOf = (call: Call) => `projects/${cloud.project}/locations/${call.parameter("location")}`;
  const nameOf = (call: Call) => `${parentOf(call)}/functions/${call.parameter("function")}`;
  const isProject = (name: string) => name === cloud.project || name === cloud.projectNumber;

  function read(call: Call, body: Fields): FunctionConfiguration {
    const configuration = readConfiguration(body, isProject);
    const accounts = {
      "serviceConfig.serviceAccountEmail": runAccount(configuration, options),
      "buildConfig.serviceAccount": buildAccount(configuration, options),
    };
    /**
     * @decision An account that does not exist can neither run nor build a function: 400.
     * @evidence assumed: Google's answer for such an account is not public; a binding to one is refused with 400
     * (GoogleCloudPlatform/generative-ai#944).
     * @show No deployment shows it: the program's functions depend on their accounts.
     * @matters deployment fails: each function waits for its accounts.
     */
    for (const [field, email] of Object.entries(accounts)) {
      if (!cloud.accountExists(email)) throw invalidField(field, `service account ${email} does not exist`);
      requireAttachment(cloud, call, email);
    }
    return configuration;
  }

  /**
   * The function as the API answers it: what was asked for, and what came of it.
   *
   * @decision The source is answered as the place and the generation of Google's copy, not as the one who deployed said it.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta, commit 8bee61c, resource_cloudfunctions2_function.go,
   * flattenCloudfunctions2functionBuildConfigSourceStorageSourceBucket, …Object and …Generation, comments: "GET Response format:
   * gcf-v2-sources-{Project-number}-{location}". recorded: firebase/firebase-tools#7369, sourceProvenance.resolvedStorageSource.
   * @matters misleading: What is deployed can't be compared by its source: the program says the archive's hash as a build variable.
   */
  function describe(name: string, one: CloudFunction): object {
    const { requested, service } = one;
    const serviceConfig = {
      timeoutSeconds: 60,
      maxInstanceRequestConcurrency: 1,
      availableMemory: "256M",
      ingressSettings: "ALLOW_ALL",
      allTrafficOnLatestRevision: true,
      serviceAccountEmail: options.defaultAccount,
      ...(isObject(requested["serviceConfig"]) ? requested["serviceConfig"] : {}),
      ...(service ? { service: service.name, uri: service.uri, revision: revisionName(one) } : {}),
    };
    const buildConfig = {
      ...(isObject(requested["buildConfig"]) ? requested["buildConfig"] : {}),
      ...(one.source ? { source: { storageSource: placeOf(one.source) } } : {}),
      build: one.build,
    };
    return {
      ...requested,
      name,
      environment: "GEN_2",
      state: one.state,
      updateTime: one.updateTime,
      buildConfig,
      serviceConfig,
      ...(service ? { url: service.uri } : {}),
      ...(one.message
        ? { stateMessages: [{ severity: "ERROR", type: "DeploymentFailed", message: one.message }] }
        : {}),
    };
  }

  function revisionName(one: CloudFunction): string {
    return `${one.id}-${String(one.revisions).padStart(5, "0")}`;
  }

  async function put(
    name: string,
    one: CloudFunction,
    configuration: FunctionConfiguration,
    isNewSource: boolean,
  ): Promise<object> {
    const hadService = one.service !== undefined;
    one.state = "DEPLOYING";
    one.revisions += 1;
    try {
      const given = isNewSource ? undefined : one.source;
      const source =
        given ?? copySource({ function: one.id, location: one.location }, configuration, options);
      one.source ??= source;
      const names = { function: one.id, revision: revisionName(one) };
      const revision = await deploy(names, configuration, source, options);
      one.source = source;
      one.service ??= await run.create(one.location, one.id);
      one.service.configure({ ingress: configuration.ingress, isPublic: false });
      one.service.serve(revision);
      one.state = "ACTIVE";
      one.message = undefined;
    } catch (error) {
      /**
       * @decision A function that never served stays as FAILED, without an address; one that serves stays ACTIVE after a failed update.
       * @evidence documentation: Cloud Functions, REST reference v2, State: FAILED means "Function deployment failed and the
       * function isn't serving"; buildConfig.build is "the Cloud Build name of the latest successful deployment".
       * @matters misleading: infra/google/function.ts takes FAILED for a function that has to be replaced.
       *
       * @decision After a failed update the whole configuration is answered as it was before.
       * @evidence assumed: what serves is the former revision, and the operation that failed is the one that would have changed it.
       * If Google answered the new configuration, the next update would be green though the former code serves.
       * @show Break the build, update, and look at buildConfig.environmentVariables of the function: it has the former hash.
       * @matters misleading: infra/google/function.ts compares what is answered with what was declared.
       */
      one.state = hadService ? "ACTIVE" : "FAILED";
      one.message = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      one.updateTime = new Date().toISOString();
    }
    return describe(name, one);
  }

  /**
   * @decision A function whose name exists is refused with 409.
   * @evidence recorded: firebase/firebase-tools#6075: "HTTP Error: 409, Resource 'projects/….' already exists", for a
   * function of the 2nd generation.
   * @matters deployment fails: after a failed creation the function is there all the same.
   *
   * @decision The id of a function has 1 to 63 lower-case letters, digits and hyphens, a letter first; another is
   * refused with 400.
   * @evidence documentation: Google Cloud, "Deploy a Cloud Run function"
   * (https://cloud.google.com/functions/docs/deploying), names: a letter first, up to 63. The API's description says
   * 4 to 63 (googleapis/googleapis f8291d2, google/cloud/functions/v2/functions.proto,
   * CreateFunctionRequest.function_id).
   * @matters deployment fails: Pulumi makes the id from the stack's name; none has less than four letters.
   */
  function create(call: Call): Operation {
    for (const service of NEEDED) cloud.requireService(service);
    const location = call.parameter("location");
    requireRegion(location);
    cloud.locations.require("a function", location);
    const id = requiredQuery(call, "functionId");
    if (!FUNCTION_ID.test(id)) {
      throw invalidField("functionId", "1 to 63 lower-case letters, digits and hyphens, a letter first");
    }
    const name = `${parentOf(call)}/functions/${id}`;
    const configuration = read(call, call.fields());
    if (functions.has(name)) throw alreadyExists(name);
    const one: CloudFunction = {
      id,
      location,
      build: `projects/${cloud.projectNumber}/locations/${location}/builds/${randomBytes(16).toString("hex")}`,
      requested: call.fields().raw,
      state: "DEPLOYING",
      revisions: 0,
      service: undefined,
      source: undefined,
      updateTime: new Date().toISOString(),
      message: undefined,
    };
    functions.set(name, one);
    return cloud.operations.start(parentOf(call), () => put(name, one, configuration, true));
  }

  /**
   * @decision A function that is not there is refused with 404.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/services/cloudfunctions2/resource_cloudfunctions2_function.go, Read: HandleNotFoundError.
   * @matters deployment fails: a refresh makes the function again.
   */
  function existing(call: Call): CloudFunction {
    const one = functions.get(nameOf(call));
    if (!one) throw notFound(nameOf(call));
    return one;
  }

  /**
   * @decision A function on which an operation is under way is neither changed nor deleted: 409 ABORTED.
   * @evidence recorded: firebase/firebase-tools#9343 and #10731: 409, "unable to queue the operation".
   * @matters deployment fails: an update right after one that was broken off is refused.
   */
  function settled(call: Call): CloudFunction {
    const one = existing(call);
    if (one.state === "ACTIVE" || one.state === "FAILED") return one;
    throw new GoogleError("ABORTED", "Unable to queue the operation: another one is in progress.");
  }

  /**
   * @decision A PATCH builds again only when the build's part is another than before, and makes a new revision in
   * every case.
   * @evidence assumed: the API's description has updateMask (googleapis/googleapis f8291d2,
   * google/cloud/functions/v2/functions.proto, UpdateFunctionRequest) and does not say when it builds.
   * @show Change an environment variable and update: Cloud Build has no new build of that function.
   * @matters late: a changed environment would take a build longer.
   */
  function patch(call: Call): Operation {
    const one = settled(call);
    const requested = masked(call, one.requested, CHANGEABLE);
    const configuration = read(call, fields(requested, ""));
    // An untouched part of the configuration stays the same object.
    const isNewSource = requested["buildConfig"] !== one.requested["buildConfig"];
    return cloud.operations.start(parentOf(call), async () => {
      await put(nameOf(call), one, configuration, isNewSource);
      one.requested = requested;
      return describe(nameOf(call), one);
    });
  }

  /**
   * @decision A deleted function takes its Cloud Run service with it; its sources and image stay.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/functions/v2/functions.proto,
   * DeleteFunction: "Deletes a function with the given name from the specified project", through an operation. That
   * the image stays is seen in the repositories that the program cleans up itself.
   * @matters sandbox only: `leftovers` names what stays.
   */
  function remove(call: Call): Operation {
    const one = settled(call);
    one.state = "DELETING";
    return cloud.operations.start(parentOf(call), async () => {
      if (one.service) await run.remove(one.service);
      functions.delete(nameOf(call));
      cloud.policies.drop(nameOf(call));
      return {};
    });
  }

  const one = { service: SERVICE, path: `${FUNCTIONS}/{function}`, resource: nameOf } as const;
  const project = { service: SERVICE, resource: () => `projects/${cloud.project}` } as const;
  return {
    leftovers: () => [...functions.keys()].map((name) => `function ${name}`),
    routes: [
      /**
       * @decision A function is made by cloudfunctions.functions.create on the project, through an operation that
       * ends when it serves or has failed.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/cloudfunctions2/resource_cloudfunctions2_function.go, Create: functions?functionId=…,
       * Cloudfunctions2OperationWaitTime.
       * @matters deployment fails: what needs the function's address waits for it.
       */
      {
        ...project,
        method: "POST",
        path: FUNCTIONS,
        permission: "cloudfunctions.functions.create",
        handle: create,
      },
      {
        ...one,
        method: "GET",
        permission: "cloudfunctions.functions.get",
        handle: (call) => describe(nameOf(call), existing(call)),
      },
      /**
       * @decision A function is changed by cloudfunctions.functions.update on the function, through an operation.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/cloudfunctions2/resource_cloudfunctions2_function.go, Update: PATCH with updateMask,
       * Cloudfunctions2OperationWaitTime.
       * @matters sandbox only: the one who deploys is the owner here.
       */
      { ...one, method: "PATCH", permission: "cloudfunctions.functions.update", handle: patch },
      /**
       * @decision A function is deleted by cloudfunctions.functions.delete on the function, through an operation.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/cloudfunctions2/resource_cloudfunctions2_function.go, Delete:
       * Cloudfunctions2OperationWaitTime.
       * @matters sandbox only: the one who deploys is the owner here.
       */
      { ...one, method: "DELETE", permission: "cloudfunctions.functions.delete", handle: remove },
      /**
       * @decision An operation of Cloud Functions is read below the location that it began in, for
       * cloudfunctions.operations.get.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/cloudfunctions2/cloudfunctions2_operation.go: GET of the operation's own name. The
       * permission is from memory.
       * @matters deployment fails: the provider waits for the operation.
       */
      {
        ...project,
        method: "GET",
        path: "/v2/projects/{project}/locations/{location}/operations/{operation}",
        permission: "cloudfunctions.operations.get",
        handle: (call) => cloud.operations.get(`${parentOf(call)}/operations/${call.parameter("operation")}`),
      },
    ],
  };
}

function placeOf({ bucket, object, generation }: SourceCopy): object {
  return { bucket, object, generation };
}

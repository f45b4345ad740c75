import { own } from "../../../function/shared/json.ts";
import { GoogleError } from "../errors.ts";
import { type Fields, fields, optionalDuration, readLabels } from "../fields.ts";
import type { Ingress } from "./ingress.ts";
import { checkResources } from "./resources.ts";
import type { StartupProbe } from "./startup-probe.ts";
import type { Raw } from "./template.ts";
import { checkSize, checkVariable, checkVersion, type SecretVariable } from "./variables.ts";

/** A variable from a secret, with its place among the variables. */
export interface PlacedSecret extends SecretVariable {
  readonly index: number;
}

/** What a service runs and who gets in, checked. */
export interface ServiceConfiguration {
  readonly ingress: Ingress;
  readonly invokerIamDisabled: boolean;
  readonly account: string;
  readonly timeoutSeconds: number;
  readonly bucket: string;
  readonly object: string;
  readonly generation: string | undefined;
  /** What Node.js is given: options of its own, a file, and what the file is given. */
  readonly arguments: readonly string[];
  readonly port: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: readonly PlacedSecret[];
  readonly probe: StartupProbe | undefined;
  /** The id that the request gives the revision; undefined leaves it to Cloud Run. */
  readonly revision: string | undefined;
  /** The revision to which all traffic is pinned; undefined for the latest that is ready. */
  readonly pinned: string | undefined;
}

const INGRESS: Readonly<Record<string, Ingress>> = {
  INGRESS_TRAFFIC_ALL: "all",
  INGRESS_TRAFFIC_INTERNAL_ONLY: "internal",
  INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER: "internal and load balancers",
};
/** Set by the service itself (Cloud Run, Container contract). */
const RESERVED = new Set(["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"]);
const BASE_IMAGE =
  /^[a-z0-9-]+-docker\.pkg\.dev\/serverless-runtimes\/google-\d\d(?:-full)?\/runtimes\/nodejs(?:22|24)$/;
const MAXIMUM_TIMEOUT = 3_600_000;
const PROBE_MAXIMUM_SECONDS = 240;

/**
 * Reads a service (Cloud Run, REST reference v2: services).
 * @param body as `completed` answers it
 * @param isProject whether a project's id or number is this project's
 * @throws GoogleError naming the field that is wrong
 *
 * @decision A description has up to 512 characters, and an ingress is one of those that there are; else it is refused with 400.
 * @evidence documentation: google.golang.org/api v0.290.0, run/v2/run-api.json, Service.description, Service.ingress.
 * @matters deployment fails: the program's values are among them.
 */
export function readService(body: Raw, isProject: (name: string) => boolean): ServiceConfiguration {
  const service = fields(body, "");
  readLabels(service);
  if ((service.optionalString("description") ?? "").length > 512)
    throw service.invalid("description", "over 512 characters");
  const ingressName = service.string("ingress");
  const ingress = own(INGRESS, ingressName);
  if (!ingress) throw service.invalid("ingress", `"${ingressName}" is not a setting`);
  const scaling = service.optionalObject("scaling");
  if (scaling) checkScaling(scaling);
  return {
    ingress,
    invokerIamDisabled: service.optionalBoolean("invokerIamDisabled") ?? false,
    pinned: readTraffic(service),
    ...readTemplate(service.object("template"), isProject),
  };
}

/**
 * @decision A service has no negative number of instances, no more at least than at most; else it is refused with 400.
 * @evidence assumed: the descriptions of ServiceScaling and RevisionScaling (google.golang.org/api v0.290.0,
 * run/v2/run-api.json) have no bounds; the same bounds are those of functions.
 * @show No deployment shows it: the program checks its settings against the same bounds.
 * @matters deployment fails: a stack with fewer instances at most than at least stops at the preview.
 */
function checkScaling(scaling: Fields): void {
  const least = scaling.optionalInteger("minInstanceCount") ?? 0;
  const most = scaling.optionalInteger("maxInstanceCount");
  if (least < 0) throw scaling.invalid("minInstanceCount", "must not be negative");
  if (most === undefined) return;
  if (most < 1) throw scaling.invalid("maxInstanceCount", "must be at least 1");
  if (least > most) throw scaling.invalid("minInstanceCount", "must not be above maxInstanceCount");
}

/**
 * Where the traffic goes.
 *
 * @own Traffic that is split between revisions is refused here: one process serves a service.
 *
 * @decision The percentages of a service's traffic are 100 together; else it is refused with 400.
 * @evidence documentation: Cloud Run, "Rollbacks, gradual rollouts, and traffic migration"
 * (https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration): the percentages must add up to 100.
 * @matters sandbox only: the program sends all traffic to the latest revision.
 * @returns the revision's id; undefined for the latest
 */
function readTraffic(service: Fields): string | undefined {
  const targets = service.objects("traffic");
  const [target, ...others] = targets.filter((one) => (one.optionalInteger("percent") ?? 0) > 0);
  if (target?.optionalInteger("percent") !== 100 || others.length > 0) {
    throw service.invalid("traffic", "all of it must go to one revision here, 100 percent");
  }
  const isPinned = target.string("type") === "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
  return isPinned ? target.string("revision").split("/").at(-1) : undefined;
}

/**
 * @own A template with volumes or more than one container is refused here, and so is one with its own image: what is run is Node.js
 * with the files of an archive.
 *
 * @decision A service has at least one container; else it is refused with 400.
 * @evidence recorded: googleapis/google-cloud-java#11101: "Violation in CreateServiceRequest.service.template: required field not
 * present." hashicorp/terraform-provider-google#20509: containers is required, too.
 * @matters sandbox only: the program declares one.
 *
 * @decision A request may take up to 3600 s; a longer timeout is refused with 400.
 * @evidence documentation: Cloud Run, "Request timeout" (https://cloud.google.com/run/docs/configuring/request-timeout).
 * @matters deployment fails: the program checks its settings against the same bound.
 */
function readTemplate(template: Fields, isProject: (name: string) => boolean) {
  const containers = template.objects("containers");
  const [container, ...others] = containers;
  if (!container) throw template.invalid("containers", "is required");
  if (others.length > 0) throw template.invalid("containers", "only one container is run here");
  if (template.objects("volumes").length > 0)
    throw template.invalid("volumes", "volumes are not served here");
  const timeout = optionalDuration(template, "timeout") ?? 0;
  if (timeout <= 0 || timeout > MAXIMUM_TIMEOUT)
    throw template.invalid("timeout", "must be from 1s to 3600s");
  checkScaling(template.object("scaling"));
  const limits = container.object("resources").strings("limits");
  checkResources({
    memory: limits["memory"] ?? "",
    cpu: limits["cpu"],
    concurrency: template.optionalInteger("maxInstanceRequestConcurrency") ?? 0,
    defaultCpu: () => 1,
    /**
     * @own The field that is named; what is refused is decided in run/resources.ts.
     */
    invalid: (part, reason) =>
      part === "concurrency"
        ? template.invalid("maxInstanceRequestConcurrency", reason)
        : container.invalid(`resources.limits.${part}`, reason),
  });
  return {
    account: template.string("serviceAccount"),
    timeoutSeconds: timeout / 1000,
    revision: template.optionalString("revision"),
    ...readSource(container),
    ...readVariables(container, isProject),
    port: readPort(container),
    probe: readProbe(container.object("startupProbe")),
  };
}

/**
 * @decision Source from Cloud Storage runs on a base image of Google's runtimes, with the image "scratch".
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/cloudrunv2/resource_cloud_run_v2_service_zip_deploy_test.go: image, base_image_uri, command, args and
 * source_code.cloud_storage_source with bucket, object and generation. What is refused, and how, is assumed in this row.
 * @matters deployment fails: the program's services are of this form.
 *
 * @own Another command than node, and a runtime that the program can't ask for, are refused here.
 */
function readSource(container: Fields) {
  const source = container.object("sourceCode").object("cloudStorageSource");
  if (container.string("image") !== "scratch")
    throw container.invalid("image", 'must be "scratch" with source code');
  const baseImage = container.string("baseImageUri");
  if (!BASE_IMAGE.test(baseImage)) {
    throw container.invalid("baseImageUri", `"${baseImage}" is not a base image of a Node.js runtime`);
  }
  const [command, ...more] = container.stringList("command");
  const given = [...more, ...container.stringList("args")];
  if (command !== "node" || given.length === 0)
    throw container.invalid("command", "only node with a file is run here");
  const generation = source.optionalString("generation");
  return {
    bucket: source.string("bucket"),
    object: source.string("object"),
    generation: generation === undefined || generation === "" ? undefined : generation,
    arguments: given,
  };
}

/**
 * @decision PORT and the other variables that Cloud Run sets itself are refused with 400, by these words.
 * @evidence recorded: hashicorp/terraform-provider-google#26877: "template.containers[0].env: The following reserved env names were
 * provided: PORT. These values are automatically set by the system."
 * @matters deployment fails: the program uses none of them.
 *
 * @decision A variable has a name that no other has, and a value or a secret, not both; else it is refused with 400.
 * @evidence assumed: the API's description has one of value and valueSource (google.golang.org/api v0.290.0,
 * run/v2/run-api.json, EnvVar); what it answers to both, and to a name twice, is not public.
 * @show No deployment shows it: the program's names are its own, and each has one source.
 * @matters misleading: of two values one would be lost without a word.
 *
 * @decision A secret is named by its id, or in full with its project; another form is refused with 400.
 * @evidence documentation: google.golang.org/api v0.290.0, run/v2/run-api.json, SecretKeySelector.secret.
 * @matters deployment fails: the program gives the id.
 */
function readVariables(container: Fields, isProject: (name: string) => boolean) {
  const env = container.objects("env");
  const names = env.map((variable) => variable.string("name"));
  const reserved = names.filter((name) => RESERVED.has(name));
  if (reserved.length > 0) {
    throw new GoogleError(
      "INVALID_ARGUMENT",
      `${container.path}.env: The following reserved env names were provided: ${reserved.join(", ")}. These values are automatically set by the system.`,
    );
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw container.invalid("env", `${twice} is there twice`);
  const variables: Record<string, string> = Object.create(null);
  const secrets: PlacedSecret[] = [];
  for (const [index, variable] of env.entries()) {
    const key = variable.string("name");
    checkVariable(key, `${variable.path}.name`, RESERVED);
    const source = variable.optionalObject("valueSource");
    const value = variable.optionalString("value");
    if (source && value !== undefined && value !== "")
      throw variable.invalid("value", "is there besides valueSource");
    if (!source) {
      variables[key] = value ?? "";
      continue;
    }
    const reference = source.object("secretKeyRef");
    const name = reference.string("secret");
    const [, project, id] = /^(?:projects\/([^/]+)\/secrets\/)?([A-Za-z0-9_-]{1,255})$/.exec(name) ?? [];
    if (id === undefined) throw reference.invalid("secret", "must be an id or projects/…/secrets/…");
    if (project !== undefined && !isProject(project))
      throw reference.invalid("secret", "is in another project");
    const version = reference.optionalString("version") ?? "latest";
    checkVersion(version, `${reference.path}.version`);
    secrets.push({ key, secret: id, version, index });
  }
  checkSize(variables, `${container.path}.env`);
  return { variables, secrets };
}

/**
 * @decision A container has at most one port; else it is refused with 400, by these words.
 * @evidence recorded: GoogleCloudPlatform/magic-modules pull request 10173: "Violation in
 * CreateServiceRequest.service.template.containers[0].ports: ports should contain 0 or 1 port.", with the details.
 * @matters sandbox only: the program declares none.
 */
function readPort(container: Fields): number {
  const [port, ...others] = container.objects("ports");
  if (others.length > 0) {
    const field = `Violation in CreateServiceRequest.service.${container.path}.ports`;
    const description = "ports should contain 0 or 1 port.";
    throw new GoogleError("INVALID_ARGUMENT", `${field}: ${description}`, [
      { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: [{ field, description }] },
    ]);
  }
  return port?.optionalInteger("containerPort") ?? 0;
}

/**
 * @decision A startup probe asks in one way, waits no longer for an answer than until the next try, and for no more than 240
 * seconds; else it is refused with 400.
 * @evidence documentation: google.golang.org/api v0.290.0, run/v2/run-api.json, Probe: "Exactly one of httpGet, tcpSocket, or grpc
 * must be specified", periodSeconds "Maximum value for startup probe is 240. Must be greater or equal than timeout_seconds",
 * failureThreshold "Minimum value is 1".
 * @matters deployment fails: the program's probe is Cloud Run's own default.
 *
 * @own A probe by gRPC is refused here.
 * @returns undefined for a probe that asks whether the port is open, which every instance must pass
 */
function readProbe(probe: Fields): StartupProbe | undefined {
  const kinds = ["httpGet", "tcpSocket", "grpc"].filter((kind) => probe.has(kind));
  if (kinds.length !== 1) throw probe.invalid("httpGet", "needs exactly one of httpGet, tcpSocket, grpc");
  if (kinds[0] === "grpc") throw probe.invalid("grpc", "is not served here");
  const periodSeconds = probe.optionalInteger("periodSeconds") ?? 10;
  const timeoutSeconds = probe.optionalInteger("timeoutSeconds") ?? 1;
  const failureThreshold = probe.optionalInteger("failureThreshold") ?? 3;
  const delay = probe.optionalInteger("initialDelaySeconds") ?? 0;
  if (periodSeconds < 1 || periodSeconds > PROBE_MAXIMUM_SECONDS)
    throw probe.invalid("periodSeconds", "must be from 1 to 240");
  if (timeoutSeconds < 1 || timeoutSeconds > periodSeconds) {
    throw probe.invalid("timeoutSeconds", "must be from 1 to periodSeconds");
  }
  if (failureThreshold < 1) throw probe.invalid("failureThreshold", "must be at least 1");
  if (delay < 0 || delay > PROBE_MAXIMUM_SECONDS)
    throw probe.invalid("initialDelaySeconds", "must be from 0 to 240");
  if (kinds[0] === "tcpSocket") return undefined;
  const path = probe.object("httpGet").optionalString("path") ?? "/";
  return { path, periodSeconds, timeoutSeconds, failureThreshold };
}

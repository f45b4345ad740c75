import { own } from "../../../function/shared/json.ts";
import { type Fields, readLabels } from "../fields.ts";
import type { Ingress } from "../run/ingress.ts";
import { checkResources } from "../run/resources.ts";
import { checkSize, checkVariable, checkVersion, type SecretVariable } from "../run/variables.ts";

/** What a function is made of and how it runs, checked. */
export interface FunctionConfiguration {
  readonly entryPoint: string;
  readonly bucket: string;
  readonly object: string;
  readonly generation: string | undefined;
  readonly dockerRepository: string | undefined;
  /** Full name of the account that builds; undefined for the default one. */
  readonly buildAccount: string | undefined;
  readonly runAccount: string | undefined;
  readonly timeoutSeconds: number;
  readonly ingress: Ingress;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly SecretVariable[];
}

const RUNTIMES = new Set(["nodejs22", "nodejs24"]);
const INGRESS: Readonly<Record<string, Ingress>> = {
  ALLOW_ALL: "all",
  ALLOW_INTERNAL_ONLY: "internal",
  ALLOW_INTERNAL_AND_GCLB: "internal and load balancers",
};
/** Set by the service itself (Cloud Run functions, Configure environment variables: reserved names). */
const RESERVED = new Set([
  "PORT",
  "K_SERVICE",
  "K_REVISION",
  "K_CONFIGURATION",
  "FUNCTION_TARGET",
  "FUNCTION_SIGNATURE_TYPE",
  "FUNCTION_SOURCE",
]);
/** The fields of what an instance has. */
const RESOURCES = {
  memory: "availableMemory",
  cpu: "availableCpu",
  concurrency: "maxInstanceRequestConcurrency",
} as const;

/**
 * Reads a function (Cloud Run functions, REST reference v2: functions).
 *
 * @own A function called by events is not served here: the product has none.
 * @param isProject whether a project's id or number is this project's
 * @throws GoogleError naming the field that is wrong
 */
export function readConfiguration(body: Fields, isProject: (name: string) => boolean): FunctionConfiguration {
  if (body.has("eventTrigger"))
    throw body.invalid("eventTrigger", "only functions called by HTTP are served here");
  readLabels(body);
  const build = body.object("buildConfig");
  const service = body.has("serviceConfig") ? body.object("serviceConfig") : undefined;
  return {
    ...readBuild(build),
    ...(service
      ? readService(service, isProject)
      : { runAccount: undefined, timeoutSeconds: 60, ingress: "all", environment: {}, secrets: [] }),
  };
}

/**
 * @decision A function must name a runtime that Google has; another is refused with 400 that names the field. Here
 * only those that the program can ask for are known.
 * @evidence recorded: serverless/serverless-google-cloudfunctions#189: 400 INVALID_ARGUMENT, google.rpc.BadRequest
 * with the field runtime.
 * @matters deployment fails: a runtime that Google has withdrawn stops `pulumi up`.
 *
 * @decision A repository and a build account are named in full, the account not by its email; other forms are refused
 * with 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/functions/v2/functions.proto,
 * BuildConfig.docker_repository: "projects/{project}/locations/{location}/repositories/{repository}";
 * BuildConfig.service_account: a resource reference.
 * @matters deployment fails: the program writes both in full.
 */
function readBuild(build: Fields) {
  const runtime = build.string("runtime");
  if (!RUNTIMES.has(runtime))
    throw build.invalid("runtime", `"${runtime}" is not one of ${[...RUNTIMES].join(", ")}`);
  const source = build.object("source").object("storageSource");
  const generation = source.optionalInteger("generation");
  const repository = build.optionalString("dockerRepository");
  if (
    repository !== undefined &&
    !/^projects\/[^/]+\/locations\/[^/]+\/repositories\/[^/]+$/.test(repository)
  ) {
    throw build.invalid("dockerRepository", "must be projects/…/locations/…/repositories/…");
  }
  const account = build.optionalString("serviceAccount");
  if (account !== undefined && !/^projects\/[^/]+\/serviceAccounts\/[^/]+$/.test(account)) {
    throw build.invalid("serviceAccount", "must be projects/…/serviceAccounts/…, not only an email");
  }
  return {
    entryPoint: build.string("entryPoint"),
    bucket: source.string("bucket"),
    object: source.string("object"),
    generation: generation === undefined || generation === 0 ? undefined : String(generation),
    dockerRepository: repository,
    buildAccount: account,
  };
}

/**
 * @decision A function has a timeout of up to 3600 s, at least one instance at most, and one of the ingress settings;
 * else it is refused with 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/functions/v2/functions.proto,
 * ServiceConfig.timeout_seconds, max_instance_count, min_instance_count, IngressSettings; Cloud Run, "Request
 * timeout" (https://cloud.google.com/run/docs/configuring/request-timeout) for the bound.
 * @matters deployment fails: the program checks its settings against the same bounds.
 */
function readService(service: Fields, isProject: (name: string) => boolean) {
  checkResources({
    memory: service.optionalString(RESOURCES.memory) ?? "256M",
    cpu: service.optionalString(RESOURCES.cpu),
    concurrency: service.optionalInteger(RESOURCES.concurrency) ?? 1,
    defaultCpu,
    /**
     * @own The field that is named; what is refused is decided in run/resources.ts.
     */
    invalid: (part, reason) => service.invalid(RESOURCES[part], reason),
  });
  const least = service.optionalInteger("minInstanceCount") ?? 0;
  const most = service.optionalInteger("maxInstanceCount") ?? 100;
  if (least < 0) throw service.invalid("minInstanceCount", "must not be negative");
  if (most < 1) throw service.invalid("maxInstanceCount", "must be at least 1");
  if (least > most) throw service.invalid("minInstanceCount", "must not be above maxInstanceCount");
  const timeoutSeconds = service.optionalInteger("timeoutSeconds") ?? 60;
  if (timeoutSeconds < 1 || timeoutSeconds > 3600)
    throw service.invalid("timeoutSeconds", "must be from 1 to 3600");
  const ingressSettings = service.optionalString("ingressSettings") ?? "ALLOW_ALL";
  const ingress = own(INGRESS, ingressSettings);
  if (!ingress) throw service.invalid("ingressSettings", `"${ingressSettings}" is not a setting`);
  return {
    runAccount: service.optionalString("serviceAccountEmail"),
    timeoutSeconds,
    ingress,
    environment: readEnvironment(service),
    secrets: service.objects("secretEnvironmentVariables").map((variable) => readSecret(variable, isProject)),
  };
}

function readEnvironment(service: Fields): Readonly<Record<string, string>> {
  const variables = service.strings("environmentVariables");
  const field = `${service.path}.environmentVariables`;
  for (const name of Object.keys(variables)) checkVariable(name, `${field}.${name}`, RESERVED);
  checkSize(variables, field);
  return variables;
}

/** The CPU that an amount of memory brings along (Cloud Run functions, Configure memory). */
function defaultCpu(mebibytes: number): number {
  if (mebibytes <= 128) return 0.083;
  if (mebibytes <= 256) return 0.167;
  if (mebibytes <= 512) return 0.333;
  if (mebibytes <= 1024) return 0.583;
  if (mebibytes <= 2048) return 1;
  if (mebibytes <= 8192) return 2;
  return mebibytes <= 16_384 ? 4 : 8;
}

/**
 * @decision A secret variable names the secret's id and a version or latest, and perhaps the project's id or number; else it is
 * refused with 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/functions/v2/functions.proto,
 * SecretEnvVar.key, project_id, secret, version. That the full name is refused is assumed in this row.
 * @matters deployment fails: the program gives only the id.
 */
function readSecret(variable: Fields, isProject: (name: string) => boolean): SecretVariable {
  const key = variable.string("key");
  checkVariable(key, `${variable.path}.key`, RESERVED);
  const secret = variable.string("secret");
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(secret)) {
    throw variable.invalid("secret", "must be only the secret's id, not its full name");
  }
  const project = variable.optionalString("projectId");
  if (project !== undefined && !isProject(project)) throw variable.invalid("projectId", "is another project");
  const version = variable.string("version");
  checkVersion(version, `${variable.path}.version`);
  return { key, secret, version };
}

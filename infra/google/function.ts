import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { FunctionName } from "../../function/shared/contract.ts";
import { DeploymentError } from "../errors.ts";
import { promiseOf } from "../promise-of.ts";
import { differing } from "./as-declared.ts";
import type { Source } from "./source.ts";

/** A function that is deployed, built and serving. */
export interface DeployedFunction {
  /** Its address; known only when it is active. */
  readonly uri: pulumi.Output<string>;
  /** Short name of its Cloud Run service, to which invokers are bound. */
  readonly service: pulumi.Output<string>;
  readonly resource: gcp.cloudfunctionsv2.Function;
}

/** How a function is declared. */
export interface FunctionArgs {
  readonly project: string;
  readonly region: string;
  readonly entryPoint: FunctionName;
  readonly description: string;
  readonly source: Source;
  readonly builder: gcp.serviceaccount.Account;
  readonly account: gcp.serviceaccount.Account;
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  readonly secrets: {
    readonly key: string;
    readonly secret: pulumi.Output<string>;
    readonly version: pulumi.Output<string>;
  }[];
  readonly ingress: "ALLOW_ALL" | "ALLOW_INTERNAL_AND_GCLB" | "ALLOW_INTERNAL_ONLY";
  readonly memory: string;
  readonly cpu: string;
  readonly concurrency: number;
  readonly timeoutSeconds: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** The runtime that the archive is made for. */
const RUNTIME = "nodejs24";

/** The build variable that says which archive a function was built from. */
const ARCHIVE_VARIABLE = "ARCHIVE_SHA256";

/** Declares one function of the archive. */
export function createFunction(
  name: string,
  args: FunctionArgs,
  options: pulumi.CustomResourceOptions & { readonly dependsOn: pulumi.Resource[] },
): DeployedFunction {
  const declared = {
    buildConfig: {
      runtime: RUNTIME,
      entryPoint: args.entryPoint,
      // The build makes nothing of it. The provider reads it back, as it does not the source, and it changes with the source.
      environmentVariables: { [ARCHIVE_VARIABLE]: args.source.hash },
    },
    serviceConfig: {
      serviceAccountEmail: args.account.email,
      environmentVariables: args.environment,
      ingressSettings: args.ingress,
      availableMemory: args.memory,
      availableCpu: args.cpu,
      maxInstanceRequestConcurrency: args.concurrency,
      timeoutSeconds: args.timeoutSeconds,
      minInstanceCount: args.minInstances,
      maxInstanceCount: args.maxInstances,
      allTrafficOnLatestRevision: true,
    },
  };
  const { object } = args.source;
  const resource = new gcp.cloudfunctionsv2.Function(
    `${name}-${args.entryPoint}`,
    {
      project: args.project,
      location: args.region,
      description: args.description,
      buildConfig: {
        ...declared.buildConfig,
        // Left out, the generation would become that of Google's copy at the first read, and be asked for at the next update.
        source: {
          storageSource: { bucket: object.bucket, object: object.name, generation: object.generation },
        },
        dockerRepository: args.source.repository,
        serviceAccount: args.builder.name,
      },
      serviceConfig: {
        ...declared.serviceConfig,
        secretEnvironmentVariables: args.secrets.map((secret) => ({ ...secret, projectId: args.project })),
      },
      labels: args.labels,
    },
    { ...options, dependsOn: [...options.dependsOn, ...args.source.ready] },
  );
  // Field by field: as a whole the configuration is unknown in a preview as soon as one variable in it is, and the
  // preview would threaten to replace what hangs on the address.
  // It is only undefined where a program gives none; this one does.
  const config =
    resource.serviceConfig as pulumi.Output<gcp.types.output.cloudfunctionsv2.FunctionServiceConfig>;
  const serving = pulumi
    .all([resource.state, config.uri, config.service, resource.urn])
    .apply(([state, uri, service, urn]) => requireServing(args.entryPoint, urn, state, uri, service));
  const checked = pulumi.runtime.isDryRun()
    ? serving
    : serving.apply(async (address) => {
        // The address must not depend on all that is checked before it is passed on, such as the address of another function: a policy
        // uses it to find the function of a right.
        const [wanted, secrets, buildConfig, serviceConfig] = await promiseOf(
          pulumi.all([pulumi.output(declared), args.secrets, resource.buildConfig, resource.serviceConfig]),
        );
        const answered = { buildConfig, serviceConfig };
        requireUpdated(args.entryPoint, [
          ...differing(wanted, answered),
          ...missingVariables("buildConfig", wanted, answered),
          ...missingVariables("serviceConfig", wanted, answered),
          ...differingSecrets(secrets, serviceConfig?.secretEnvironmentVariables ?? []),
        ]);
        return address;
      });
  return {
    uri: checked.uri,
    service: checked.service.apply((fullName) => fullName.slice(fullName.lastIndexOf("/") + 1)),
    resource,
  };
}

/** A function whose build failed stays in the state and looks finished to the next update, so each one checks. */
function requireServing(
  entryPoint: string,
  urn: string,
  state: string,
  uri: string | undefined,
  service: string | undefined,
): { uri: string; service: string } {
  if (state === "ACTIVE" && uri && service) return { uri, service };
  const problem = `The function "${entryPoint}" is ${state || "missing"}${uri ? "" : ", without an address"}: its last build or start failed.`;
  const remedy = `Read its build log in the Google Cloud console, then run: pulumi up --refresh --replace '${urn}'`;
  // A preview of the update that fixes it must not fail.
  if (!pulumi.runtime.isDryRun()) throw new DeploymentError("function-not-serving", `${problem} ${remedy}`);
  pulumi.log.warn(problem);
  return { uri: uri ?? "", service: service ?? "" };
}

/**
 * An update that failed leaves what was declared in the state, so that the next one only reads, and succeeds. Nothing that
 * depends on the function may continue then: it would remove what the function that still serves needs.
 *
 * @param paths where the function is not as declared
 */
function requireUpdated(entryPoint: string, paths: readonly string[]): void {
  if (paths.length === 0) return;
  const isCode = paths.includes(`buildConfig.environmentVariables.${ARCHIVE_VARIABLE}`);
  throw new DeploymentError(
    "not-updated",
    `The function "${entryPoint}" still runs ${isCode ? "its previous code" : "with its previous settings"}: its last update failed, or did not include it (--target). Not as declared: ${paths.join(", ")}. ` +
      "Read its build log in the Google Cloud console, then run: pulumi up --refresh",
  );
}

/** A function's two configurations, as far as their variables go. */
type Variables = Readonly<
  Record<
    "buildConfig" | "serviceConfig",
    { readonly environmentVariables?: Readonly<Record<string, string>> } | undefined
  >
>;

/** The variables that are declared and not there; one with another value is found by the comparison of what is there. */
function missingVariables(
  part: keyof Variables,
  declared: Variables,
  answered: Variables,
): readonly string[] {
  const held = answered[part]?.environmentVariables;
  const names = Object.keys(declared[part]?.environmentVariables ?? {});
  return names
    .filter((name) => held?.[name] === undefined)
    .map((name) => `${part}.environmentVariables.${name}`);
}

interface SecretVariable {
  readonly key: string;
  readonly secret: string;
  readonly version: string;
}

/** The secrets of which another version is used, or one that should not be used any more. */
function differingSecrets(
  declared: readonly SecretVariable[],
  answered: readonly SecretVariable[],
): readonly string[] {
  const text = ({ key, secret, version }: SecretVariable) => JSON.stringify([key, secret, version]);
  const [wanted, held] = [new Set(declared.map(text)), new Set(answered.map(text))];
  const wrong = [
    ...declared.filter((variable) => !held.has(text(variable))),
    ...answered.filter((variable) => !wanted.has(text(variable))),
  ];
  return [...new Set(wrong.map(({ key }) => `serviceConfig.secretEnvironmentVariables.${key}`))];
}

/** Lets a member call a private function, or with `allUsers` everyone a public one. */
export function allowInvoking(
  name: string,
  args: { readonly project: string; readonly region: string; readonly member: pulumi.Input<string> },
  target: DeployedFunction,
  options: pulumi.CustomResourceOptions,
): gcp.cloudrunv2.ServiceIamMember {
  return new gcp.cloudrunv2.ServiceIamMember(
    name,
    // The name of the service: left out, it would be made up and bind to nothing.
    {
      project: args.project,
      location: args.region,
      name: target.service,
      role: "roles/run.invoker",
      member: args.member,
    },
    { ...options, deletedWith: target.resource },
  );
}

import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { mebibytesOf } from "../checks.ts";
import { DeploymentError } from "../errors.ts";
import { differing } from "./as-declared.ts";
import {
  allowInvoking,
  type DeployedFunction,
  differingSecrets,
  type FunctionDescription,
  type FunctionOptions,
  missingVariables,
  type ResolvedSecret,
  whenUpdated,
} from "./function.ts";
import type { HostArgs, HostingKind } from "./hosting.ts";
import { sharedArchive } from "./shared-archive.ts";
import { createSource, type Source } from "./source.ts";

/**
 * Cloud Run services that run the files of the archive as they are, on an image of Google's that has Node.js: nothing is built.
 * The provider marks this as Beta (`sourceCode`).
 */
export const cloudRun: HostingKind = {
  services: [],
  createHost(name, args, options) {
    const archive = pulumi.output(sharedArchive("service"));
    const source = createSource(name, { ...args, archive }, options.google);
    return {
      declare: (description, dependsOn = []) =>
        createService(name, { ...args, source, description, dependsOn }, options),
    };
  },
};

/**
 * The image that the files run on, from the region's own registry (Google Cloud, "Runtime base images"). Without a tag, Google
 * updates it under the running service ("Automatic base image updates").
 */
function baseImage(region: string): string {
  return `${region}-docker.pkg.dev/serverless-runtimes/google-24-full/runtimes/nodejs24`;
}

const INGRESS = {
  everywhere: "INGRESS_TRAFFIC_ALL",
  "load balancers": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
  internal: "INGRESS_TRAFFIC_INTERNAL_ONLY",
} as const;

/**
 * What Cloud Run itself does where nothing is declared (Google Cloud, "Configure container health checks"): the function serves as
 * soon as it listens. Written out, a change by hand is seen. Requests by HTTP would be refused, since they lack the hook's secret.
 */
const STARTUP_PROBE = {
  tcpSocket: { port: 8080 },
  timeoutSeconds: 240,
  periodSeconds: 240,
  failureThreshold: 1,
};

/**
 * Memory that JavaScript's objects leave to the rest of the process, in MiB: as much as the build of Cloud Functions sets by
 * NODE_OPTIONS (GoogleCloudPlatform/buildpacks, Node.js). By itself, Node.js takes about half of the memory.
 */
const NOT_FOR_JAVASCRIPT = 64;

/** Declares one function of the archive. What is left out would be taken from Google, so that a change by hand would stay. */
function createService(
  name: string,
  args: HostArgs & {
    readonly source: Source;
    readonly description: FunctionDescription;
    readonly dependsOn: readonly pulumi.Resource[];
  },
  { child, google }: FunctionOptions,
): DeployedFunction {
  const { project, region, description } = args;
  const { entryPoint, environment, secrets, invoker } = description;
  const { object } = args.source;
  const declared = {
    ingress: INGRESS[description.ingress],
    invokerIamDisabled: invoker.member === "everyone",
    scaling: { minInstanceCount: description.minInstances, maxInstanceCount: description.maxInstances },
    traffics: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }],
  };
  const declaredTemplate = {
    serviceAccount: description.account.email,
    timeout: `${description.timeoutSeconds}s`,
    maxInstanceRequestConcurrency: description.concurrency,
  };
  const declaredContainer = {
    image: "scratch",
    baseImageUri: baseImage(region),
    commands: ["node"],
    args: [
      `--max-old-space-size=${mebibytesOf(description.memory) - NOT_FOR_JAVASCRIPT}`,
      "index.js",
      entryPoint,
    ],
    sourceCode: {
      cloudStorageSource: {
        bucket: object.bucket,
        object: object.name,
        // As text, as Google answers it; left out, it would be asked for at every update.
        generation: pulumi.interpolate`${object.generation}`,
      },
    },
    resources: {
      limits: { cpu: description.cpu, memory: description.memory },
      cpuIdle: true,
      startupCpuBoost: true,
    },
    startupProbe: STARTUP_PROBE,
  };
  const resource = new gcp.cloudrunv2.Service(
    `${name}-${entryPoint}`,
    {
      project,
      location: region,
      description: description.description,
      ...declared,
      // Or a destroy would fail.
      deletionProtection: false,
      labels: args.labels,
      template: {
        ...declaredTemplate,
        containers: [
          {
            ...declaredContainer,
            envs: [
              ...Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
              ...secrets.map(({ key, secret, version }) => ({
                name: key,
                valueSource: { secretKeyRef: { secret, version } },
              })),
            ],
          },
        ],
      },
    },
    { ...google, dependsOn: [...google.dependsOn, ...args.dependsOn] },
  );
  const serving = pulumi
    .all([
      resource.uri,
      resource.name,
      resource.terminalConditions,
      resource.latestReadyRevision,
      resource.latestCreatedRevision,
      resource.urn,
    ])
    .apply(([uri, service, conditions, ready, created, urn]) =>
      requireServing(entryPoint, { uri, service, condition: conditions?.[0], ready, created, urn }),
    );
  const { uri, service } = whenUpdated(serving, {
    entryPoint,
    compare: () =>
      pulumi
        .all([
          pulumi.output({ ...declared, template: { ...declaredTemplate, containers: [declaredContainer] } }),
          pulumi.output(environment),
          secrets,
          { ingress: resource.ingress, invokerIamDisabled: resource.invokerIamDisabled },
          { scaling: resource.scaling, traffics: resource.traffics, template: resource.template },
        ])
        .apply(([wanted, variables, wantedSecrets, access, answered]) => {
          const path = "template.containers.0.envs";
          const held = variablesOf(answered.template.containers?.[0]?.envs ?? []);
          return [
            ...differing(wanted, { ...access, ...answered }),
            ...differing(variables, held.values, path),
            ...missingVariables(path, variables, held.values),
            ...differingSecrets(path, wantedSecrets, held.secrets),
          ];
        }),
    codePath: "template.containers.0.sourceCode.cloudStorageSource.object",
    log: "log",
  });
  if (invoker.member === "everyone") return { uri, service, ready: [] };
  const { member } = invoker;
  // Not by the name of the one with Cloud Functions: a move would replace it, and when a move that failed is taken back, Pulumi would
  // delete the binding that it replaced, which by then is in use again.
  const binding = allowInvoking(
    `${invoker.binding}-service`,
    { project, region, member, service, resource },
    child,
  );
  return { uri, service, ready: [binding] };
}

/** The plain variables of a container by their names, and those that come from Secret Manager. */
function variablesOf(envs: readonly gcp.types.output.cloudrunv2.ServiceTemplateContainerEnv[]): {
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: readonly ResolvedSecret[];
} {
  const values = envs.flatMap(({ name, value, valueSource }) =>
    valueSource?.secretKeyRef === undefined ? [[name, value ?? ""] as const] : [],
  );
  const secrets = envs.flatMap(({ name, valueSource }) =>
    valueSource?.secretKeyRef === undefined
      ? []
      : [
          {
            key: name,
            secret: valueSource.secretKeyRef.secret,
            version: valueSource.secretKeyRef.version ?? "",
          },
        ],
  );
  return { values: Object.fromEntries(values), secrets };
}

/**
 * A service whose last revision did not start keeps the one before it, and looks finished to the next update: that only reads
 * what was declared, which Google answers although it does not run. So each update checks.
 */
function requireServing(
  entryPoint: string,
  of: {
    readonly uri: string | undefined;
    readonly service: string;
    readonly condition: gcp.types.output.cloudrunv2.ServiceTerminalCondition | undefined;
    readonly ready: string | undefined;
    readonly created: string | undefined;
    readonly urn: string;
  },
): { uri: string; service: string } {
  const { uri, service, condition, ready, created, urn } = of;
  if (uri && condition?.state === "CONDITION_SUCCEEDED" && ready && ready === created)
    return { uri, service };
  const state = condition?.state || "not known";
  const reason = condition?.message ? ` (${condition.message})` : "";
  const problem =
    `The service of "${entryPoint}" does not run what was declared: its state is ${state}${reason}, ` +
    `its last revision is ${created || "missing"}, and ${ready || "none"} is serving.`;
  const remedy = `Read its log in the Google Cloud console, then run: pulumi up --refresh --replace '${urn}'`;
  // A preview of the update that fixes it must not fail.
  if (!pulumi.runtime.isDryRun()) throw new DeploymentError("function-not-serving", `${problem} ${remedy}`);
  pulumi.log.warn(problem);
  return { uri: uri ?? "", service };
}

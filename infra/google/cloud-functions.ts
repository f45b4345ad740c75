import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { DeploymentError } from "../errors.ts";
import { differing } from "./as-declared.ts";
import {
  allowInvoking,
  type DeployedFunction,
  differingSecrets,
  type FunctionDescription,
  type FunctionOptions,
  missingVariables,
  whenUpdated,
} from "./function.ts";
import type { HostArgs, HostingKind } from "./hosting.ts";
import { createImageBuild, type ImageBuild } from "./image-build.ts";
import { sharedArchive } from "./shared-archive.ts";
import { createSource, type Source } from "./source.ts";

/** Cloud Functions, 2nd gen: Google builds an image of the archive for each function, and runs it on Cloud Run. */
export const cloudFunctions: HostingKind = {
  services: ["artifactregistry.googleapis.com", "cloudbuild.googleapis.com", "cloudfunctions.googleapis.com"],
  createHost(name, args, options) {
    const archive = pulumi.output(sharedArchive("functions"));
    const source = createSource(name, { ...args, archive }, options.google);
    const build = createImageBuild(name, { ...args, source }, options.google);
    const hash = archive.apply((built) => built.hash);
    return {
      declare: (description, dependsOn = []) =>
        createFunction(name, { ...args, source, hash, build, description, dependsOn }, options),
    };
  },
};

/** The runtime that the archive is made for. */
const RUNTIME = "nodejs24";

/** The build variable that says which archive a function was built from. */
const ARCHIVE_VARIABLE = "ARCHIVE_SHA256";

const INGRESS = {
  everywhere: "ALLOW_ALL",
  "load balancers": "ALLOW_INTERNAL_AND_GCLB",
  internal: "ALLOW_INTERNAL_ONLY",
} as const;

/** Declares one function of the archive. */
function createFunction(
  name: string,
  args: HostArgs & {
    readonly source: Source;
    /** SHA-256 of the archive, in hexadecimal. */
    readonly hash: pulumi.Output<string>;
    readonly build: ImageBuild;
    readonly description: FunctionDescription;
    readonly dependsOn: readonly pulumi.Resource[];
  },
  { child, google }: FunctionOptions,
): DeployedFunction {
  const { project, region, build, description } = args;
  const { entryPoint, secrets, invoker } = description;
  const declared = {
    buildConfig: {
      runtime: RUNTIME,
      entryPoint,
      // The build makes nothing of it. The provider reads it back, as it does not the source, and it changes with the source.
      environmentVariables: { [ARCHIVE_VARIABLE]: args.hash },
    },
    serviceConfig: {
      serviceAccountEmail: description.account.email,
      environmentVariables: description.environment,
      ingressSettings: INGRESS[description.ingress],
      availableMemory: description.memory,
      availableCpu: description.cpu,
      maxInstanceRequestConcurrency: description.concurrency,
      timeoutSeconds: description.timeoutSeconds,
      minInstanceCount: description.minInstances,
      maxInstanceCount: description.maxInstances,
      allTrafficOnLatestRevision: true,
    },
  };
  const { object } = args.source;
  const resource = new gcp.cloudfunctionsv2.Function(
    `${name}-${entryPoint}`,
    {
      project,
      location: region,
      description: description.description,
      buildConfig: {
        ...declared.buildConfig,
        // Left out, the generation would become that of Google's copy at the first read, and be asked for at the next update.
        source: {
          storageSource: { bucket: object.bucket, object: object.name, generation: object.generation },
        },
        dockerRepository: build.repository,
        serviceAccount: build.builder.name,
      },
      serviceConfig: {
        ...declared.serviceConfig,
        secretEnvironmentVariables: secrets.map((secret) => ({ ...secret, projectId: project })),
      },
      labels: args.labels,
    },
    { ...google, dependsOn: [...google.dependsOn, ...args.dependsOn, ...build.ready] },
  );
  // Field by field: as a whole the configuration is unknown in a preview as soon as one variable in it is, and the
  // preview would threaten to replace what hangs on the address.
  // It is only undefined where a program gives none; this one does.
  const config =
    resource.serviceConfig as pulumi.Output<gcp.types.output.cloudfunctionsv2.FunctionServiceConfig>;
  const serving = pulumi
    .all([resource.state, config.uri, config.service, resource.urn])
    .apply(([state, uri, service, urn]) => requireServing(entryPoint, urn, state, uri, service));
  const { uri, service: fullName } = whenUpdated(serving, {
    entryPoint,
    compare: () =>
      pulumi
        .all([pulumi.output(declared), secrets, resource.buildConfig, resource.serviceConfig])
        .apply(([wanted, wantedSecrets, buildConfig, serviceConfig]) => [
          ...differing(wanted, { buildConfig, serviceConfig }),
          ...missingVariables(
            "buildConfig.environmentVariables",
            wanted.buildConfig.environmentVariables,
            buildConfig?.environmentVariables,
          ),
          ...missingVariables(
            "serviceConfig.environmentVariables",
            wanted.serviceConfig.environmentVariables,
            serviceConfig?.environmentVariables,
          ),
          ...differingSecrets(
            "serviceConfig.secretEnvironmentVariables",
            wantedSecrets,
            serviceConfig?.secretEnvironmentVariables ?? [],
          ),
        ]),
    codePath: `buildConfig.environmentVariables.${ARCHIVE_VARIABLE}`,
    log: "build log",
  });
  const service = fullName.apply((text) => text.slice(text.lastIndexOf("/") + 1));
  const member = invoker.member === "everyone" ? "allUsers" : invoker.member;
  const binding = allowInvoking(invoker.binding, { project, region, member, service, resource }, child);
  return { uri, service, ready: [binding] };
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

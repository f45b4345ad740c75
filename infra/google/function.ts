import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { FunctionName } from "../../function/shared/contract.ts";
import { DeploymentError } from "../errors.ts";
import { promiseOf } from "../promise-of.ts";

/** A function, whatever runs it. */
export interface FunctionDescription {
  readonly entryPoint: FunctionName;
  readonly description: string;
  readonly account: gcp.serviceaccount.Account;
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  readonly secrets: SecretVariable[];
  /** Where requests may come from. Cloud Tasks and Cloud Scheduler count as internal. */
  readonly ingress: "everywhere" | "load balancers" | "internal";
  readonly invoker: Invoker;
  readonly memory: string;
  readonly cpu: string;
  readonly concurrency: number;
  readonly timeoutSeconds: number;
  readonly minInstances: number;
  readonly maxInstances: number;
}

/** A variable whose value comes from Secret Manager. */
export interface SecretVariable {
  readonly key: string;
  /** Short id of the secret. */
  readonly secret: pulumi.Output<string>;
  /** Its number. */
  readonly version: pulumi.Output<string>;
}

/** Who may call a function: everyone, or one account. */
export interface Invoker {
  /** Logical name of the binding; a hosting may add to it. */
  readonly binding: string;
  readonly member: "everyone" | pulumi.Output<string>;
}

/** A function that is deployed and serving. */
export interface DeployedFunction {
  /** Its address; known only when the function serves as declared. */
  readonly uri: pulumi.Output<string>;
  /** Short name of its Cloud Run service. */
  readonly service: pulumi.Output<string>;
  /** What has to be in place before its invoker calls it. */
  readonly ready: pulumi.Resource[];
}

/** Options of the resources of a function. */
export interface FunctionOptions {
  /** For resources that need none of Google's APIs themselves. */
  readonly child: pulumi.CustomResourceOptions;
  /** For resources that wait until the APIs are enabled. */
  readonly google: pulumi.CustomResourceOptions & { readonly dependsOn: pulumi.Resource[] };
}

/** Lets a member call a private function, or with `allUsers` everyone a public one. */
export function allowInvoking(
  name: string,
  args: {
    readonly project: string;
    readonly region: string;
    readonly member: pulumi.Input<string>;
    /** Short name of the function's Cloud Run service. */
    readonly service: pulumi.Output<string>;
    /** The function. */
    readonly resource: pulumi.Resource;
  },
  options: pulumi.CustomResourceOptions,
): gcp.cloudrunv2.ServiceIamMember {
  return new gcp.cloudrunv2.ServiceIamMember(
    name,
    // The name of the service: left out, it would be made up and bind to nothing.
    {
      project: args.project,
      location: args.region,
      name: args.service,
      role: "roles/run.invoker",
      member: args.member,
    },
    { ...options, deletedWith: args.resource },
  );
}

/**
 * What a function is reached by, available only if the function is as declared; a preview does not compare. After an update that
 * failed, the state has what was declared, so that the next update only reads, and succeeds. Nothing that depends on the function
 * may continue then: it would remove what the function that still serves needs.
 *
 * @param address must not depend on all that is compared, such as the address of another function: a policy uses it to find the
 * function of a right
 * @param compare the paths where the function is not as declared
 * @throws DeploymentError in the output, when there are any
 */
export function whenUpdated<T>(
  address: pulumi.Output<T>,
  args: {
    readonly entryPoint: FunctionName;
    readonly compare: () => pulumi.Output<readonly string[]>;
    /** The path that differs when the code does. */
    readonly codePath: string;
    /** Where the reason is found, such as `build log`. */
    readonly log: string;
  },
): pulumi.Output<T> {
  if (pulumi.runtime.isDryRun()) return address;
  return address.apply(async (value) => {
    const paths = await promiseOf(args.compare());
    if (paths.length === 0) return value;
    const what = paths.includes(args.codePath) ? "its previous code" : "with its previous settings";
    throw new DeploymentError(
      "not-updated",
      `The function "${args.entryPoint}" still runs ${what}: its last update failed, or did not include it (--target). ` +
        `Not as declared: ${paths.join(", ")}. Read its ${args.log} in the Google Cloud console, then run: pulumi up --refresh`,
    );
  });
}

/** The variables that are declared and not there; one with another value is found by the comparison of what is there. */
export function missingVariables(
  path: string,
  declared: Readonly<Record<string, unknown>>,
  answered: Readonly<Record<string, unknown>> | undefined,
): readonly string[] {
  return Object.keys(declared)
    .filter((name) => answered?.[name] === undefined)
    .map((name) => `${path}.${name}`);
}

/** The secrets of which another version is used, or one that should not be used any more. */
export function differingSecrets(
  path: string,
  declared: readonly ResolvedSecret[],
  answered: readonly ResolvedSecret[],
): readonly string[] {
  const text = ({ key, secret, version }: ResolvedSecret) => JSON.stringify([key, secret, version]);
  const [wanted, held] = [new Set(declared.map(text)), new Set(answered.map(text))];
  const wrong = [
    ...declared.filter((variable) => !held.has(text(variable))),
    ...answered.filter((variable) => !wanted.has(text(variable))),
  ];
  return [...new Set(wrong.map(({ key }) => `${path}.${key}`))];
}

/** A variable from Secret Manager, as a cloud answers it. */
export interface ResolvedSecret {
  readonly key: string;
  readonly secret: string;
  readonly version: string;
}

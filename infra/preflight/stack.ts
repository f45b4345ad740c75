import * as pulumi from "@pulumi/pulumi";
import resource from "@pulumi/pulumi/proto/resource_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { isObject, type JsonObject } from "../../function/shared/json.ts";
import { DeploymentError, type ReportFault } from "../errors.ts";
import type { Group } from "../okta/groups.ts";
import type { Named } from "../okta/names.ts";
import type { Settings } from "../settings.ts";

/** A resource of the stack as the last update left it. */
export interface StackResource {
  /** Type, such as `okta:group/group:Group`. */
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  readonly outputs: JsonObject;
}

/** What every check before an update knows, and how it reports. */
export interface Preflight {
  /** Name of the component. */
  readonly name: string;
  readonly stack: string;
  readonly orgUrl: string;
  readonly settings: Omit<Settings, "hookUrl" | "labels">;
  /** What the stack has; what else is declared will be created. */
  readonly resources: readonly StackResource[];
  /** Looks up a group by its id; undefined when there is none. @throws Error when Okta gives no answer */
  readonly findGroup: (id: string) => Promise<Group | undefined>;
  /** Takes what would make the update fail. */
  readonly fault: ReportFault;
  readonly warn: (message: string) => void;
  /** Takes what could not be looked up, and why. */
  readonly unknown: (message: string) => void;
}

/** Whether the stack has this resource. */
export function has(
  resources: readonly StackResource[],
  { type, resource }: Pick<Named, "type" | "resource">,
): boolean {
  return resources.some((one) => one.type === type && one.name === resource);
}

/**
 * The stack's own resources as the last update left them, also if it stopped part-way. From them the program knows,
 * before it declares anything, what an update will create and delete.
 *
 * The engine answers this for any stack by its name, and so for the one that is being previewed or updated (Pulumi,
 * pkg/resource/deploy/builtins.go, `readStackResourceOutputs`; pkg/backend/backend.go, `GetStackResourceOutputs`).
 *
 * @throws DeploymentError when the program runs without Pulumi's engine; Error when the engine does not answer
 */
export async function readStackResources(): Promise<readonly StackResource[]> {
  const engine = pulumi.runtime.getMonitor();
  if (engine === undefined)
    throw new DeploymentError("engine", 'Pulumi must run this program: run "pulumi preview" or "pulumi up".');
  const stack = pulumi.getStack();
  const read = (stackName: string) =>
    askEngine(engine, "pulumi:pulumi:readStackResourceOutputs", { stackName });
  // State in a bucket or folder from before Pulumi 3.61 takes only the bare name of a stack (pkg/backend/diy, legacy layout).
  const fullName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
  const answer = await read(fullName).catch(() => read(stack));
  const byUrn = isObject(answer) && isObject(answer["outputs"]) ? answer["outputs"] : {};
  return Object.entries(byUrn).map(([urn, found]) => {
    const outputs = isObject(found) && isObject(found["outputs"]) ? found["outputs"] : {};
    return { ...readStackUrn(urn), outputs };
  });
}

/** The type and the logical name of a resource, by its URN in Pulumi. */
export function readStackUrn(urn: string): Pick<StackResource, "type" | "name"> {
  // urn:pulumi:stack::project::types of the parents, each with a $ after it, and the type::name
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::") };
}

/**
 * Calls a function of the engine itself. Not by `pulumi.runtime.invoke`: that writes the answer to the debugging output and to
 * the event log, and this answer holds the stack's secrets.
 */
async function askEngine(
  engine: NonNullable<ReturnType<typeof pulumi.runtime.getMonitor>>,
  token: string,
  inputs: Readonly<Record<string, string>>,
): Promise<unknown> {
  const request = new resource.ResourceInvokeRequest()
    .setTok(token)
    .setArgs(structs.Struct.fromJavaScript({ ...inputs }));
  return new Promise((resolve, reject) => {
    engine.invoke(request, (error, response) => {
      if (error === null) resolve(response.getReturn()?.toJavaScript());
      else reject(new Error(`The engine does not answer ${token}: ${error.message}`));
    });
  });
}

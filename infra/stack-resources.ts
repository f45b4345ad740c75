import * as pulumi from "@pulumi/pulumi";
import { isObject, type JsonObject } from "../function/json.ts";

/** A resource of the stack as the last update left it. */
export interface StackResource {
  /** Type, such as `okta:group/group:Group`. */
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  readonly outputs: JsonObject;
}

/**
 * The stack's own resources as the last update left them, also one that stopped half way. So the program knows, before it
 * declares anything, what an update will create and what it will delete.
 *
 * The engine answers this for any stack by its name, and so for the one that is being previewed or updated (Pulumi,
 * pkg/resource/deploy/builtins.go, `readStackResourceOutputs`; pkg/backend/backend.go, `GetStackResourceOutputs`).
 */
export async function readStackResources(): Promise<readonly StackResource[]> {
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const answer: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
    stackName,
  });
  const byUrn = isObject(answer) && isObject(answer["outputs"]) ? answer["outputs"] : {};
  return Object.entries(byUrn).map(([urn, resource]) => {
    // urn:pulumi:stack::project::types of the parents, each with a $ after it, and the type::name
    const [, , types = "", ...name] = urn.split("::");
    const outputs = isObject(resource) && isObject(resource["outputs"]) ? resource["outputs"] : {};
    return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::"), outputs };
  });
}

import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import type { Properties, PropertyValue } from "./handler.ts";
import { fromStruct, fromValue } from "./properties.ts";

/** The names of the hooks that a resource has, by the step that they belong to. */
export interface HookNames {
  readonly beforeCreate: readonly string[];
  readonly afterCreate: readonly string[];
  readonly beforeUpdate: readonly string[];
  readonly afterUpdate: readonly string[];
  readonly beforeDelete: readonly string[];
  readonly afterDelete: readonly string[];
  readonly onError: readonly string[];
}

/** A resource as the program declares it, with its options (Pulumi, resource.proto, RegisterResourceRequest). */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** The parent's URN; the stack itself has none. */
  readonly parent: string | undefined;
  /** False for components, which exist only as parents. */
  readonly custom: boolean;
  /** Secrets are marked as `secret()` marks them. */
  readonly inputs: Properties;
  /** The URNs of all that it depends on, through inputs or `dependsOn`. */
  readonly dependencies: readonly string[];
  /** The URNs that each input depends on. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  /** The explicit provider's URN and id, joined by `::`. */
  readonly provider: string | undefined;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** The URN of the resource whose deletion deletes this one. */
  readonly deletedWith: string | undefined;
  readonly deleteBeforeReplace: boolean | undefined;
  readonly replaceOnChanges: readonly string[];
  readonly replaceWith: readonly string[];
  readonly replacementTrigger: PropertyValue | undefined;
  readonly ignoreChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  readonly hooks: HookNames;
  /** The id of the resource to take over instead of creating one. */
  readonly importId: string | undefined;
}

/** The type of the root of all resources of a stack. */
export const stackType = "pulumi:pulumi:Stack";

/** Whether a type is that of a provider, which configures and makes nothing. */
export function isProviderType(type: string): boolean {
  return type.startsWith("pulumi:providers:");
}

/** The URN of a resource: stack, project, the types of its parents and its own, name (Pulumi, urn.go). */
export function resourceUrn(
  stack: string,
  project: string,
  parent: string | undefined,
  type: string,
  name: string,
): string {
  const parentType = parent?.split("::")[2] ?? stackType;
  const qualifiedType = parentType === stackType ? type : `${parentType}$${type}`;
  return `urn:pulumi:${stack}::${project}::${qualifiedType}::${name}`;
}

/** Reads a registration from the wire. */
export function readRegistration(request: RegisterResourceRequest, urn: string): Registration {
  const propertyDependencies: Record<string, readonly string[]> = {};
  request.getPropertydependenciesMap().forEach((dependencies, property) => {
    propertyDependencies[property] = dependencies.getUrnsList();
  });
  const trigger = request.getReplacementTrigger();
  return {
    type: request.getType(),
    name: request.getName(),
    urn,
    parent: filled(request.getParent()),
    custom: request.getCustom(),
    inputs: fromStruct(request.getObject()),
    dependencies: request.getDependenciesList(),
    propertyDependencies,
    provider: filled(request.getProvider()),
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    deletedWith: filled(request.getDeletedwith()),
    deleteBeforeReplace: request.getDeletebeforereplacedefined()
      ? request.getDeletebeforereplace()
      : undefined,
    replaceOnChanges: request.getReplaceonchangesList(),
    replaceWith: request.getReplaceWithList(),
    replacementTrigger: trigger === undefined ? undefined : fromValue(trigger),
    ignoreChanges: request.getIgnorechangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    hooks: readHookNames(request),
    importId: filled(request.getImportid()),
  };
}

function readHookNames(request: RegisterResourceRequest): HookNames {
  const hooks = request.getHooks();
  return {
    beforeCreate: hooks?.getBeforeCreateList() ?? [],
    afterCreate: hooks?.getAfterCreateList() ?? [],
    beforeUpdate: hooks?.getBeforeUpdateList() ?? [],
    afterUpdate: hooks?.getAfterUpdateList() ?? [],
    beforeDelete: hooks?.getBeforeDeleteList() ?? [],
    afterDelete: hooks?.getAfterDeleteList() ?? [],
    onError: hooks?.getOnErrorList() ?? [],
  };
}

/** The protocol writes "not given" as an empty string. */
function filled(text: string): string | undefined {
  return text === "" ? undefined : text;
}

import { isObject } from "../../function/shared/json.ts";
import { secretSignature, signatureKey } from "../deploy/properties.ts";
import { maskOf, maskText, maskValue } from "./masking.ts";

/** A resource of the stack, as the page shows it. */
export interface GraphNode {
  readonly urn: string;
  /** Such as `gcp:cloudtasks/queue:Queue`. */
  readonly type: string;
  readonly name: string;
  readonly parent: string | undefined;
  /** The URNs of what it depends on. */
  readonly dependencies: readonly string[];
  /** As declared, secrets masked. */
  readonly inputs: unknown;
  readonly state: "creating" | "created" | "failed" | "deleted";
  readonly milliseconds?: number;
  readonly message?: string;
}

/** The resources of the stack. */
export interface Graph {
  /** A resource is declared. */
  declare(node: Omit<GraphNode, "state" | "name">): void;
  /** Something happened to the resource of this type and name. */
  progress(type: string, name: string, change: Pick<GraphNode, "state" | "milliseconds" | "message">): void;
  /** Takes all resources of a stack's state in place of those that are known. */
  replace(resources: readonly unknown[]): void;
  nodes(): readonly GraphNode[];
  counts(): { readonly made: number; readonly begun: number };
  /** Grows with each change. */
  readonly version: number;
}

/** @param secrets values that are never shown */
export function createGraph(secrets: () => readonly string[]): Graph {
  const nodes = new Map<string, GraphNode>();
  let version = 0;
  const put = (node: GraphNode) => {
    version += 1;
    nodes.set(node.urn, node);
  };
  const shown = (inputs: unknown) => maskValue(withoutSecrets(inputs), (text) => maskText(text, secrets()));
  return {
    get version() {
      return version;
    },
    declare(node) {
      put({ ...node, name: nameOf(node.urn), inputs: shown(node.inputs), state: "creating" });
    },
    progress(type, name, change) {
      const node = nodes.values().find((one) => one.type === type && one.name === name);
      if (node !== undefined) put({ ...node, ...change });
    },
    replace(resources) {
      nodes.clear();
      version += 1;
      for (const resource of resources) {
        if (!isObject(resource)) continue;
        const { urn, type, parent, dependencies, inputs } = resource;
        if (typeof urn !== "string" || typeof type !== "string") continue;
        put({
          urn,
          type,
          name: nameOf(urn),
          parent: typeof parent === "string" ? parent : undefined,
          dependencies: Array.isArray(dependencies) ? dependencies.map(String) : [],
          inputs: shown(inputs ?? {}),
          state: "created",
        });
      }
    },
    nodes: () => [...nodes.values()],
    counts() {
      const own = [...nodes.values()].filter(({ type }) => isResource(type));
      return { made: own.filter(({ state }) => state === "created").length, begun: own.length };
    },
  };
}

/** Components, providers and the stack itself are no resources of a cloud. */
function isResource(type: string): boolean {
  return /^(okta|gcp|random):/.test(type);
}

function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** Inputs with a mask in place of what Pulumi marks as secret. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  if (value[signatureKey] === secretSignature)
    return maskOf(String(value["value"] ?? value["ciphertext"] ?? ""));
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withoutSecrets(field)]));
}

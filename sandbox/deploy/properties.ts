import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Struct, Value } from "google-protobuf/google/protobuf/struct_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import type { Properties, PropertyValue } from "./handler.ts";

/**
 * The key by which an object on the wire says that it is not a plain object, and the values that it then has.
 * Source: Pulumi SDK, sdk/go/common/resource/properties.go and asset.go.
 */
export const signatureKey = "4dabf18193072939515e22adb298388d";
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";
const resourceSignature = "5cf8f73096256a8f31e491e813e4eb8e";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** What stands in a preview for a value that is known only after the update. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type PropertyObject = { readonly [key: string]: PropertyValue };

/** Marks a value as secret, in the form in which the engine's protocol carries it. */
export function secret(value: PropertyValue): PropertyValue {
  return { [signatureKey]: secretSignature, value };
}

function isSecret(value: PropertyValue): boolean {
  return signatureOf(value) === secretSignature;
}

/** The value without any secret mark, at whatever depth. */
export function reveal(value: PropertyValue): PropertyValue {
  if (isList(value)) return value.map(reveal);
  if (!isObject(value)) return value;
  return isSecret(value) ? reveal(value["value"] ?? null) : mapValues(value, reveal);
}

/** The properties without any secret mark, at whatever depth. */
export function revealAll(properties: Properties): Properties {
  return mapValues(properties, reveal);
}

/** Whether the value is, or has somewhere within it, a secret. */
export function containsSecret(value: PropertyValue): boolean {
  return contains(value, isSecret);
}

/** Whether the value is, or has somewhere within it, a value that is not known yet. */
export function containsUnknown(value: PropertyValue): boolean {
  return contains(value, (inner) => inner === unknown);
}

/**
 * The outputs with those marked as secret that were secret as inputs, and those that `names` lists. Objects are
 * compared member by member; a list with a secret in it becomes a secret as a whole, since a provider may have
 * reordered it.
 * Source: Pulumi engine, sdk/go/common/resource/plugin/provider_plugin.go, annotateSecrets.
 */
export function markSecrets(outputs: Properties, inputs: Properties, names: readonly string[]): Properties {
  const inherited = inheritSecrets(outputs, inputs);
  return Object.fromEntries(
    Object.entries(inherited).map(([key, value]) => [
      key,
      names.includes(key) && !isSecret(value) ? secret(value) : value,
    ]),
  );
}

/** Whether the value is an asset or an archive. */
export function isAsset(value: PropertyValue): boolean {
  const signature = signatureOf(value);
  return signature === assetSignature || signature === archiveSignature;
}

/**
 * What distinguishes one asset from another: the SHA-256 of its content, in hexadecimal digits. The engine puts it next to the
 * asset as `hash`; without that it is computed from the file or text, and an archive is identified by what it consists of.
 * @throws Error when the file cannot be read
 */
export function assetHash(value: PropertyValue): string {
  const { hash, path, text } = isObject(value) ? value : {};
  if (typeof hash === "string" && hash !== "") return hash;
  const content =
    signatureOf(value) === assetSignature && typeof path === "string" && path !== ""
      ? readFileSync(path)
      : typeof text === "string"
        ? text
        : JSON.stringify(value);
  return createHash("sha256").update(content).digest("hex");
}

/** The properties with `resolve` applied to the path of every file asset and file archive in them. */
export function mapAssetPaths(properties: Properties, resolve: (path: string) => string): Properties {
  function visit(value: PropertyValue): PropertyValue {
    if (isList(value)) return value.map(visit);
    if (!isObject(value)) return value;
    const path = value["path"];
    if (isAsset(value) && typeof path === "string" && path !== "") {
      return { ...value, path: resolve(path) };
    }
    return mapValues(value, visit);
  }
  return mapValues(properties, visit);
}

/**
 * Reads properties from the wire, as a provider without resource references gets them: a reference to a resource
 * becomes its id (its URN if it is a component), an output value becomes its value. Secrets stay marked.
 */
export function fromStruct(struct: Struct | undefined): Properties {
  if (struct === undefined) return {};
  // A protobuf Struct holds JSON and nothing else; its own type declarations say less.
  return mapValues(struct.toJavaScript() as Properties, normalize);
}

/** Reads one value from the wire, as {@link fromStruct} reads properties. */
export function fromValue(value: Value): PropertyValue {
  // As above: a protobuf Value holds JSON.
  return normalize(value.toJavaScript() as PropertyValue);
}

/** Writes properties for the wire. */
export function toStruct(properties: Properties): Struct {
  // The declared parameter type is a mutable map of the same JSON.
  return structs.Struct.fromJavaScript(properties as Parameters<typeof structs.Struct.fromJavaScript>[0]);
}

function normalize(value: PropertyValue): PropertyValue {
  if (isList(value)) return value.map(normalize);
  if (!isObject(value)) return value;
  switch (value[signatureKey]) {
    case secretSignature:
      return secret(reveal(normalize(value["value"] ?? null)));
    case outputSignature: {
      const inner = normalize(value["value"] ?? unknown);
      return value["secret"] === true ? secret(reveal(inner)) : inner;
    }
    case resourceSignature: {
      const id = value["id"] ?? value["urn"] ?? "";
      return id === "" ? unknown : id;
    }
    default:
      return mapValues(value, normalize);
  }
}

function inheritSecrets(outputs: PropertyObject, inputs: PropertyObject): PropertyObject {
  return Object.fromEntries(
    Object.entries(outputs).map(([key, output]) => {
      const input = inputs[key];
      if (input === undefined || isSecret(output)) return [key, output];
      if (isObject(input) && isObject(output) && !isSecret(input))
        return [key, inheritSecrets(output, input)];
      return [key, containsSecret(input) ? secret(output) : output];
    }),
  );
}

function contains(value: PropertyValue, matches: (inner: PropertyValue) => boolean): boolean {
  if (matches(value)) return true;
  if (isList(value)) return value.some((item) => contains(item, matches));
  return isObject(value) && Object.values(value).some((item) => contains(item, matches));
}

function signatureOf(value: PropertyValue): PropertyValue | undefined {
  return isObject(value) ? value[signatureKey] : undefined;
}

function mapValues(object: PropertyObject, change: (value: PropertyValue) => PropertyValue): PropertyObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

/** Whether the value is a list. */
export function isList(value: PropertyValue): value is readonly PropertyValue[] {
  return Array.isArray(value);
}

/** Whether the value is an object, which a marked value is, too. */
export function isObject(value: PropertyValue): value is PropertyObject {
  return typeof value === "object" && value !== null && !isList(value);
}

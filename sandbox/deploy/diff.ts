import { own } from "../../function/shared/json.ts";
import { isAutoName } from "./check.ts";
import type { InputSchema, Properties, PropertyValue, ResourceSchema } from "./handler.ts";
import { assetHash, isAsset, isList, isObject } from "./properties.ts";

/** What the state says of a resource that exists: what was asked for, and what the cloud held when last seen. */
export interface OldState {
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** One difference between what a program asks for and what the cloud holds. */
export interface Difference {
  /** Such as `channel.uri` or `headers[0].key`. */
  readonly path: string;
  readonly kind: "add" | "update" | "delete";
  /** Whether only a new resource can bring it about. */
  readonly replaces: boolean;
}

/** What must be done to a resource; nothing when nothing changed. */
export interface InputsDiff {
  readonly differences: readonly Difference[];
  /** The paths of what differs. */
  readonly changed: readonly string[];
  /** Those of them for which the resource must be made anew. */
  readonly replaces: readonly string[];
  /** Whether the old resource must be gone before the new one can be made. */
  readonly deleteBeforeReplace: boolean;
}

/**
 * Compares what the program asks for with what the cloud holds. The outputs say what it holds, so that after a
 * refresh a change by someone else is a difference too; the old inputs say what the program no longer asks for.
 * @param news as checkInputs answers them
 */
export function diffInputs(schema: ResourceSchema, old: OldState, news: Properties): InputsDiff {
  const differences = fieldDifferences("", schema.inputs, false, old.inputs, old.outputs, news);
  const replaces = differences.filter((difference) => difference.replaces).map(({ path }) => path);
  return {
    differences,
    changed: differences.map(({ path }) => path),
    replaces,
    deleteBeforeReplace:
      replaces.length > 0 && (schema.deleteBeforeReplace === true || hasChosenName(schema, news)),
  };
}

/**
 * @decision A resource with a name that the program chose is deleted before its replacement is made, even if that has another
 *   name, unless the program says otherwise (`deleteBeforeReplace: false`).
 * @evidence vendor-code: pulumi/pulumi-terraform-bridge, pkg/tfbridge/schema.go, nameRequiresDeleteBeforeReplace
 * @matters deployment fails: the functions' former archive may be gone while they are updated.
 */
function hasChosenName({ autoName }: ResourceSchema, news: Properties): boolean {
  if (autoName === undefined) return false;
  const name = news[autoName.input];
  return name !== undefined && !isAutoName(name);
}

function fieldDifferences(
  path: string,
  schemas: Readonly<Record<string, InputSchema>>,
  replaces: boolean,
  asked: Properties,
  held: Properties,
  news: Properties,
): readonly Difference[] {
  const pathOf = (key: string): string => (path === "" ? key : `${path}.${key}`);
  const askedFor = withoutDefaults(asked);
  return [...new Set([...Object.keys(news), ...Object.keys(askedFor)])].flatMap((key) => {
    const schema = own(schemas, key);
    if (schema === undefined) return [];
    return differencesOf(
      pathOf(key),
      schema,
      replaces || schema.replaces === true,
      own(askedFor, key) ?? null,
      own(held, key) ?? null,
      own(news, key) ?? null,
    );
  });
}

/**
 * What the program itself asked for.
 *
 * @decision The inputs of a real provider name under `__defaults` which of them it filled in: leaving these out does not change anything.
 * @evidence vendor-code: pulumi/pulumi-okta 82924e83 with terraform-provider-okta v6.12.0, built and run against the local
 *   org: the state that it left.
 * @matters sandbox only: the handlers take over an app of the plugin without a new one.
 */
function withoutDefaults(asked: Properties): Properties {
  const defaults = own(asked, "__defaults") ?? null;
  const filledIn = isList(defaults) ? defaults : [];
  return Object.fromEntries(
    Object.entries(asked).filter(([key]) => !key.startsWith("__") && !filledIn.includes(key)),
  );
}

function differencesOf(
  path: string,
  schema: InputSchema,
  replaces: boolean,
  asked: PropertyValue,
  held: PropertyValue,
  news: PropertyValue,
): readonly Difference[] {
  if (asked === null && news === null) return [];
  if (schema.properties !== undefined && [asked, held, news].every(isObjectOrNull)) {
    return fieldDifferences(
      path,
      schema.properties,
      replaces,
      fieldsOf(asked),
      fieldsOf(held),
      fieldsOf(news),
    );
  }
  if (news !== null && isSame(schema, asked, held, news)) return [];
  const kind = news === null ? "delete" : held === null ? "add" : "update";
  return [{ path, kind, replaces: replaces || anyItemReplaces(schema) }];
}

/**
 * What the program gives is what the cloud holds, and it does not ask for less than before. What is not known yet is
 * nothing that a cloud holds.
 */
function isSame(
  schema: InputSchema | undefined,
  asked: PropertyValue,
  held: PropertyValue,
  news: PropertyValue,
): boolean {
  if (isAsset(news)) return isAsset(held) && assetHash(held) === assetHash(news);
  if (isList(news)) {
    if (!isList(held) || held.length !== news.length) return false;
    if (schema?.unordered === true) return isSameSet(schema, held, news);
    return news.every((item, index) =>
      isSame(schema?.items, itemOf(asked, index), held[index] ?? null, item),
    );
  }
  if (!isObject(news)) return held === news;
  if (!isObject(held)) return false;
  // A map's keys are the program's own; an object may hold fields that the cloud filled in.
  if (schema?.type === "map" && Object.keys(held).some((key) => !isPresent(own(news, key)))) return false;
  if (
    isObject(asked) &&
    Object.entries(withoutDefaults(asked)).some(
      ([key, value]) => isPresent(value) && !isPresent(own(news, key)),
    )
  ) {
    return false;
  }
  return Object.entries(news).every(
    ([key, value]) =>
      value === null ||
      isSame(
        own(schema?.properties ?? {}, key) ?? schema?.items,
        (isObject(asked) ? own(asked, key) : undefined) ?? null,
        own(held, key) ?? null,
        value,
      ),
  );
}

function isSameSet(
  schema: InputSchema,
  held: readonly PropertyValue[],
  news: readonly PropertyValue[],
): boolean {
  const left = [...held];
  return news.every((item) => {
    const place = left.findIndex((candidate) => isSame(schema.items, null, candidate, item));
    if (place >= 0) left.splice(place, 1);
    return place >= 0;
  });
}

/** A list or a map is one difference as a whole: it replaces when anything in its items does. */
function anyItemReplaces({ items, properties }: InputSchema): boolean {
  const within = [...(items === undefined ? [] : [items]), ...Object.values(properties ?? {})];
  return within.some((schema) => schema.replaces === true || anyItemReplaces(schema));
}

function isObjectOrNull(value: PropertyValue): boolean {
  return value === null || isObject(value);
}

function fieldsOf(value: PropertyValue): Properties {
  return isObject(value) ? value : {};
}

function itemOf(list: PropertyValue, index: number): PropertyValue {
  return (isList(list) ? list[index] : undefined) ?? null;
}

function isPresent(value: PropertyValue | undefined): boolean {
  return value !== undefined && value !== null;
}

import { type Properties, type PropertyValue, ProviderError } from "../handler.ts";

/** Reads a resource's inputs, and words what is wrong with them. A null is as good as absent. */
export interface Inputs {
  /** The value as it is; undefined when absent. */
  value(name: string): PropertyValue | undefined;
  /** @throws ProviderError when it is absent, empty or no text */
  text(name: string): string;
  /** @throws ProviderError when it is there, but no text */
  optionalText(name: string): string | undefined;
  /** @throws ProviderError when it is there, but neither true nor false */
  flag(name: string, otherwise: boolean): boolean;
  /** @throws ProviderError when it is there, but no list of texts */
  texts(name: string): readonly string[];
  /** @throws ProviderError when it is there, but no list of objects */
  objects(name: string): readonly Inputs[];
  /** @throws ProviderError when it is there, but no object */
  object(name: string): Inputs | undefined;
  /** An error about this resource. */
  error(message: string): ProviderError;
}

/**
 * @param where the resource, as errors name it
 * @param known the inputs that this resource has here: an unknown one is an error, since it would be ignored
 */
export function readInputs(where: string, inputs: Properties, known: readonly string[]): Inputs {
  const error = (message: string): ProviderError => new ProviderError(`${where}: ${message}`);
  for (const name of Object.keys(inputs)) {
    if (!name.startsWith("__") && inputs[name] !== null && !known.includes(name)) {
      throw error(`the input "${name}" is not handled here; handled are ${known.join(", ")}`);
    }
  }
  const value = (name: string) => inputs[name] ?? undefined;
  const optionalText = (name: string): string | undefined => {
    const found = value(name);
    if (found === undefined || typeof found === "string") return found;
    throw error(`"${name}" must be a string`);
  };
  const list = (name: string): readonly PropertyValue[] => {
    const found = value(name) ?? [];
    if (!isList(found)) throw error(`"${name}" must be a list`);
    return found;
  };

  return {
    value,
    optionalText,
    error,
    text(name) {
      const found = optionalText(name);
      if (found === undefined || found === "") throw error(`"${name}" is required`);
      return found;
    },
    flag(name, otherwise) {
      const found = value(name) ?? otherwise;
      if (typeof found !== "boolean") throw error(`"${name}" must be true or false`);
      return found;
    },
    texts: (name) =>
      list(name).map((item) => {
        if (typeof item !== "string") throw error(`"${name}" must hold only strings`);
        return item;
      }),
    objects: (name) =>
      list(name).map((item, index) => {
        if (!isProperties(item)) throw error(`"${name}" must hold only objects`);
        return readInputs(`${where}, ${name}.${index}`, item, Object.keys(item));
      }),
    object(name) {
      const found = value(name);
      if (found === undefined) return undefined;
      if (!isProperties(found)) throw error(`"${name}" must be an object`);
      return readInputs(`${where}, ${name}`, found, Object.keys(found));
    },
  };
}

function isList(value: PropertyValue): value is readonly PropertyValue[] {
  return Array.isArray(value);
}

function isProperties(value: PropertyValue): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The inputs that were given, for a resource's outputs: without nulls and without what an engine adds. */
export function given(inputs: Properties): Properties {
  return Object.fromEntries(
    Object.entries(inputs).filter(([name, value]) => value !== null && !name.startsWith("__")),
  );
}

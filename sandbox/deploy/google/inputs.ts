import { type Properties, type PropertyValue, ProviderError } from "../handler.ts";

/** Reads the inputs of a resource; errors name the type and the property. */
export interface Inputs {
  readonly all: Properties;
  /** @throws ProviderError when it is missing or no text */
  string(key: string): string;
  optionalString(key: string): string | undefined;
  optionalBoolean(key: string): boolean | undefined;
  /** An object, undefined when absent. */
  optionalObject(key: string): Properties | undefined;
  /** Those of these properties that are set, for a request's body. */
  pick(...keys: readonly string[]): Properties;
  error(key: string, reason: string): ProviderError;
}

/** @param type what the resource is called in messages, such as `Queue` */
export function readInputs(type: string, all: Properties): Inputs {
  const error = (key: string, reason: string) => new ProviderError(`${type}: ${key} ${reason}.`);

  function optionalString(key: string): string | undefined {
    const value = all[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") throw error(key, "must be a string");
    return value;
  }

  return {
    all,
    error,
    optionalString,
    string(key) {
      const value = optionalString(key);
      if (value === undefined) throw error(key, "is required");
      return value;
    },
    optionalBoolean(key) {
      const value = all[key];
      if (value === undefined || value === null) return undefined;
      if (typeof value !== "boolean") throw error(key, "must be true or false");
      return value;
    },
    optionalObject(key) {
      const value = all[key];
      if (value === undefined || value === null) return undefined;
      if (!isProperties(value)) throw error(key, "must be an object");
      return value;
    },
    pick(...keys) {
      const entries = keys.flatMap((key) => {
        const value = all[key];
        return value === undefined || value === null ? [] : [[key, value] as const];
      });
      return Object.fromEntries(entries);
    },
  };
}

/** Whether a property is an object. */
export function isProperties(value: PropertyValue | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

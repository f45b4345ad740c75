import type { InputSchema } from "../handler.ts";

/** Short ways to write down what is known of inputs. */
export const text: InputSchema = { type: "string" };
export const flag: InputSchema = { type: "boolean" };
export const integer: InputSchema = { type: "integer" };
export const number: InputSchema = { type: "number" };
export const texts: InputSchema = { type: "list", items: text };
/** A map of texts, such as labels. */
export const textMap: InputSchema = { type: "map", items: text };

/** One of some texts: the real provider knows them and refuses others in a preview. */
export function oneOf(...values: readonly string[]): InputSchema {
  return { type: "string", oneOf: values };
}

/** An object with these fields and no others. */
export function block(properties: Readonly<Record<string, InputSchema>>): InputSchema {
  return { type: "object", properties };
}

export function list(items: InputSchema): InputSchema {
  return { type: "list", items };
}

/** A list whose order says nothing. */
export function set(items: InputSchema): InputSchema {
  return { type: "list", items, unordered: true };
}

export function required(schema: InputSchema): InputSchema {
  return { ...schema, required: true };
}

/** A change makes a new resource. */
export function replacing(schema: InputSchema): InputSchema {
  return { ...schema, replaces: true };
}

export function secret(schema: InputSchema): InputSchema {
  return { ...schema, secret: true };
}

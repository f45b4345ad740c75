import { expect, it } from "vitest";
import type { Properties, ResourceSchema } from "../../../sandbox/deploy/handler.ts";
import { markSensitive } from "../../../sandbox/deploy/plugin.ts";
import { secret, unknown } from "../../../sandbox/deploy/properties.ts";

const hidden = { type: "string", secret: true } as const;
const schema: ResourceSchema = {
  inputs: {
    open: { type: "string" },
    hidden,
    auth: { type: "object", properties: { key: { type: "string" }, value: hidden } },
    headers: { type: "list", items: { type: "object", properties: { value: hidden } } },
    variables: { type: "map", items: hidden },
  },
  secretOutputs: ["result"],
};

it.each<[string, Properties, Properties]>([
  ["an input", { open: "a", hidden: "b" }, { open: "a", hidden: secret("b") }],
  ["an output", { result: "a", other: "b" }, { result: secret("a"), other: "b" }],
  ["a field of an object", { auth: { key: "a", value: "b" } }, { auth: { key: "a", value: secret("b") } }],
  ["a field of an item", { headers: [{ value: "a" }, {}] }, { headers: [{ value: secret("a") }, {}] }],
  ["each value of a map", { variables: { a: "b" } }, { variables: { a: secret("b") } }],
  ["nothing of what is unknown or absent", { hidden: unknown, auth: null }, { hidden: unknown, auth: null }],
])("marks %s", (_case, values, expected) => {
  expect(markSensitive(schema, values)).toEqual(expected);
});

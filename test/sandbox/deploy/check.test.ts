import { expect, it } from "vitest";
import { checkInputs } from "../../../sandbox/deploy/check.ts";
import type { InputSchema, Properties, ResourceHandler } from "../../../sandbox/deploy/handler.ts";
import { unknown } from "../../../sandbox/deploy/properties.ts";
import { asset } from "./assets.ts";

function handlerOf(
  inputs: Readonly<Record<string, InputSchema>>,
  more: Partial<ResourceHandler> = {},
  maximum?: number,
): ResourceHandler {
  const never = () => Promise.reject(new Error("not called in a check"));
  const autoName = maximum === undefined ? {} : { autoName: { input: "name", maximum } };
  return { schema: { inputs, ...autoName }, create: never, read: never, delete: never, ...more };
}

const channel: InputSchema = {
  type: "object",
  properties: {
    uri: { type: "string", required: true },
    headers: {
      type: "list",
      items: { type: "object", properties: { key: { type: "string", required: true } } },
    },
  },
};

it.each<[string, InputSchema, Properties, [string, string][]]>([
  ["a required input that is there", { type: "string", required: true }, { a: "x" }, []],
  ["a required input that is missing", { type: "string", required: true }, {}, [["a", "is required"]]],
  ["a required input that is null", { type: "string", required: true }, { a: null }, [["a", "is required"]]],
  ["a required input that is unknown yet", { type: "integer", required: true }, { a: unknown }, []],
  ["an input that does not exist", { type: "string" }, { b: 1 }, [["b", "is not known here; known are a"]]],
  ["an input of the engine", { type: "string" }, { __defaults: ["a"] }, []],
  [
    "an input named as something that every object has",
    { type: "string" },
    { toString: 1 },
    [["toString", "is not known here; known are a"]],
  ],
  ["no string", { type: "string" }, { a: 1 }, [["a", "must be a string"]]],
  ["a fraction for a whole number", { type: "integer" }, { a: 1.5 }, [["a", "must be a whole number"]]],
  ["digits in a string for a number", { type: "number" }, { a: "1" }, [["a", "must be a number"]]],
  ["a fraction for a number", { type: "number" }, { a: 1.5 }, []],
  ["no boolean", { type: "boolean" }, { a: "true" }, [["a", "must be true or false"]]],
  ["an object for a list", { type: "list" }, { a: {} }, [["a", "must be a list"]]],
  ["a list for an object", { type: "object" }, { a: [] }, [["a", "must be an object"]]],
  ["a list for a map", { type: "map" }, { a: [] }, [["a", "must be a map"]]],
  ["an asset for a map", { type: "map" }, { a: asset({ text: "" }) }, [["a", "must be a map"]]],
  ["an asset", { type: "asset" }, { a: asset({ text: "x" }) }, []],
  ["a path for an asset", { type: "asset" }, { a: "./file" }, [["a", "must be an asset"]]],
  ["one of the values", { type: "string", oneOf: ["x", "y"] }, { a: "y" }, []],
  [
    "none of the values",
    { type: "string", oneOf: ["x", "y"] },
    { a: "z" },
    [["a", 'must be one of x, y, not "z"']],
  ],
  [
    "a wrong item",
    { type: "list", items: { type: "string" } },
    { a: ["x", 1] },
    [["a[1]", "must be a string"]],
  ],
  ["an unknown item", { type: "list", items: { type: "string" } }, { a: [unknown] }, []],
  [
    "a wrong value of a map",
    { type: "map", items: { type: "string" } },
    { a: { b: 1 } },
    [["a.b", "must be a string"]],
  ],
  ["any fields of an object without a schema", { type: "object" }, { a: { b: { c: 1 } } }, []],
  ["a missing field", channel, { a: {} }, [["a.uri", "is required"]]],
  [
    "a field that does not exist",
    channel,
    { a: { uri: "", url: "" } },
    [["a.url", "is not known here; known are uri, headers"]],
  ],
  [
    "a field deep within",
    channel,
    { a: { uri: "", headers: [{ key: "" }, {}] } },
    [["a.headers[1].key", "is required"]],
  ],
  [
    "several at once",
    channel,
    { a: { uri: 1 }, b: 2 },
    [
      ["b", "is not known here; known are a"],
      ["a.uri", "must be a string"],
    ],
  ],
])("failures: %s", (_case, schema, inputs, expected) => {
  const { failures } = checkInputs(handlerOf({ a: schema }), "thing", undefined, inputs);

  expect(failures).toEqual(expected.map(([property, reason]) => ({ property, reason })));
});

it("answers the inputs without nulls and without the engine's own", () => {
  const { inputs } = checkInputs(handlerOf({ a: channel, b: { type: "list" } }), "thing", undefined, {
    a: { uri: "x", headers: null },
    b: [null, { c: null }],
    __defaults: [],
  });

  expect(inputs).toEqual({ a: { uri: "x" }, b: [null, {}] });
});

it("asks the handler only about inputs that fit the schema", () => {
  const asked: Properties[] = [];
  const handler = handlerOf(
    { a: { type: "string" } },
    {
      validate(inputs) {
        asked.push(inputs);
        return [{ property: "a", reason: "is never right" }];
      },
    },
  );

  expect(checkInputs(handler, "thing", undefined, { a: 1 }).failures).toHaveLength(1);
  expect(asked).toEqual([]);
  expect(checkInputs(handler, "thing", undefined, { a: unknown }).failures).toEqual([
    { property: "a", reason: "is never right" },
  ]);
  expect(asked).toEqual([{ a: unknown }]);
});

const name: InputSchema = { type: "string", required: true };

it.each<[string, Properties | undefined, Properties, RegExp]>([
  ["made from the resource's, with its case kept", undefined, {}, /^My thing-[0-9a-f]{7}$/],
  ["made when it is null", undefined, { name: null }, /^My thing-[0-9a-f]{7}$/],
  ["what the program says", undefined, { name: "mine" }, /^mine$/],
  ["what the program says, whatever it was before", { name: "thing-abcdef0" }, { name: "mine" }, /^mine$/],
  ["kept when it was made before", { name: "My thing-abcdef0" }, {}, /^My thing-abcdef0$/],
  ["kept when the resource has another logical name by now", { name: "old-abcdef0" }, {}, /^old-abcdef0$/],
  ["made anew when the program chose it before", { name: "mine" }, {}, /^My thing-[0-9a-f]{7}$/],
  ["unknown as long as the program's is", { name: "mine" }, { name: unknown }, new RegExp(`^${unknown}$`)],
])("a name is %s", (_case, before, inputs, expected) => {
  const checked = checkInputs(handlerOf({ name }, {}, 40), "My thing", before, inputs);

  expect(checked.failures).toEqual([]);
  expect(checked.inputs["name"]).toMatch(expected);
});

it("two names that are made are two names", () => {
  const names = [1, 2].map(
    () => checkInputs(handlerOf({ name }, {}, 40), "thing", undefined, {}).inputs["name"],
  );

  expect(names[0]).not.toBe(names[1]);
});

it("a name that comes out too long is a failure", () => {
  const { failures } = checkInputs(handlerOf({ name }, {}, 12), "thing", undefined, {});

  expect(failures).toEqual([
    {
      property: "name",
      reason: `is made from the resource's name, "thing", and passes 12 characters: shorten that, or set it`,
    },
  ]);
  expect(checkInputs(handlerOf({ name }, {}, 13), "thing", undefined, {}).failures).toEqual([]);
});

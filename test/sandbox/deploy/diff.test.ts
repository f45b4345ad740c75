import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { diffInputs } from "../../../sandbox/deploy/diff.ts";
import type { InputSchema, Properties, ResourceSchema } from "../../../sandbox/deploy/handler.ts";
import { unknown } from "../../../sandbox/deploy/properties.ts";
import { asset } from "./assets.ts";

const text: InputSchema = { type: "string" };
const schema: ResourceSchema = {
  inputs: {
    name: { type: "string", replaces: true },
    a: text,
    list: { type: "list", items: text },
    set: { type: "list", items: text, unordered: true },
    labels: { type: "map", items: text },
    any: { type: "object" },
    file: { type: "asset" },
    config: {
      type: "object",
      properties: {
        memory: text,
        region: { type: "string", replaces: true },
        inner: { type: "object", properties: { x: text } },
      },
    },
    fixed: { type: "object", replaces: true, properties: { x: text } },
    keys: {
      type: "list",
      items: { type: "object", properties: { kid: text, curve: text } },
      unordered: true,
    },
    rows: { type: "list", items: { type: "object", properties: { id: { type: "string", replaces: true } } } },
  },
  autoName: { input: "name", maximum: 40 },
};

type Case = [name: string, held: Properties, news: Properties, changed: string[], replaces?: string[]];

/** What was asked for before is what the cloud holds, unless said otherwise. */
it.each<Case>([
  ["nothing", {}, {}, []],
  ["the same", { a: "x", list: ["1", "2"] }, { a: "x", list: ["1", "2"] }, []],
  ["another value", { a: "x" }, { a: "y" }, ["a"]],
  ["a value more", {}, { a: "y" }, ["a"]],
  ["a value less", { a: "x" }, {}, ["a"]],
  ["a null for a value", { a: "x" }, { a: null }, ["a"]],
  ["a null for nothing", {}, { a: null }, []],
  ["a value that is not known yet", { a: "x" }, { a: unknown }, ["a"]],
  ["another value that replaces", { name: "x" }, { name: "y" }, ["name"], ["name"]],
  ["a value less that replaces", { name: "x" }, {}, ["name"], ["name"]],
  ["an unknown value that replaces", { name: "x" }, { name: unknown }, ["name"], ["name"]],
  ["another order of a list", { list: ["1", "2"] }, { list: ["2", "1"] }, ["list"]],
  ["another order of a set", { set: ["1", "2"] }, { set: ["2", "1"] }, []],
  ["an item less in a set", { set: ["1", "2"] }, { set: ["1"] }, ["set"]],
  ["an item twice in a set", { set: ["1", "2"] }, { set: ["1", "1"] }, ["set"]],
  ["an unknown item of a set", { set: ["1"] }, { set: [unknown] }, ["set"]],
  [
    "the same objects in a set",
    { keys: [{ kid: "1" }, { kid: "2" }] },
    { keys: [{ kid: "2" }, { kid: "1" }] },
    [],
  ],
  ["another object in a set", { keys: [{ kid: "1" }] }, { keys: [{ kid: "2" }] }, ["keys"]],
  ["a key more in a map", { labels: { x: "1" } }, { labels: { x: "1", y: "2" } }, ["labels"]],
  ["a key less in a map", { labels: { x: "1", y: "2" } }, { labels: { x: "1" } }, ["labels"]],
  ["another value in a map", { labels: { x: "1" } }, { labels: { x: "2" } }, ["labels"]],
  [
    "a field of an object",
    { config: { memory: "1", region: "e" } },
    { config: { memory: "2", region: "e" } },
    ["config.memory"],
  ],
  [
    "a field that replaces",
    { config: { memory: "1", region: "e" } },
    { config: { memory: "1", region: "w" } },
    ["config.region"],
    ["config.region"],
  ],
  [
    "a field deep within",
    { config: { inner: { x: "1" } } },
    { config: { inner: { x: "2" } } },
    ["config.inner.x"],
  ],
  [
    "a field less",
    { config: { memory: "1", inner: { x: "1" } } },
    { config: { memory: "1" } },
    ["config.inner.x"],
  ],
  [
    "a field of an object that replaces",
    { fixed: { x: "1" } },
    { fixed: { x: "2" } },
    ["fixed.x"],
    ["fixed.x"],
  ],
  ["a whole object", {}, { config: { memory: "1" } }, ["config.memory"]],
  ["a whole object less", { config: { memory: "1" } }, {}, ["config.memory"]],
  [
    "a whole object with a field that replaces less",
    { config: { region: "e" } },
    {},
    ["config.region"],
    ["config.region"],
  ],
  ["an unknown object", { config: { memory: "1" } }, { config: unknown }, ["config"], ["config"]],
  ["items that replace", { rows: [{ id: "1" }] }, { rows: [{ id: "2" }] }, ["rows"], ["rows"]],
  ["an object without a schema", { any: { x: { y: [1] } } }, { any: { x: { y: [1] } } }, []],
  [
    "something deep in an object without a schema",
    { any: { x: { y: [1] } } },
    { any: { x: { y: [2] } } },
    ["any"],
  ],
  ["a field less in an object without a schema", { any: { x: 1, y: 2 } }, { any: { x: 1 } }, ["any"]],
  [
    "an asset with the same content",
    { file: asset({ path: "a", hash: "1" }) },
    { file: asset({ path: "b", hash: "1" }) },
    [],
  ],
  [
    "an asset with other content",
    { file: asset({ path: "a", hash: "1" }) },
    { file: asset({ path: "a", hash: "2" }) },
    ["file"],
  ],
  ["an asset for nothing", {}, { file: asset({ path: "a", hash: "2" }) }, ["file"]],
])("a change of the program: %s", (_case, held, news, changed, replaces = []) => {
  expect(diffInputs(schema, { inputs: held, outputs: held }, news)).toMatchObject({ changed, replaces });
});

it.each<[string, Properties, Properties, string[]]>([
  ["what is asked for is there, and more besides", { a: "x" }, { a: "x", serial: "1" }, []],
  ["something else is there", { a: "x" }, { a: "y" }, ["a"]],
  ["what was asked for is gone", { a: "x" }, {}, ["a"]],
  ["what nobody asks for appeared", {}, { a: "x" }, []],
  [
    "an object holds more fields than are asked for",
    { config: { memory: "1" } },
    { config: { memory: "1", inner: {} } },
    [],
  ],
  ["an object without a schema holds more fields", { any: { x: 1 } }, { any: { x: 1, y: 2 } }, []],
  ["an object of a set holds more fields", { keys: [{ kid: "1" }] }, { keys: [{ kid: "1", curve: "" }] }, []],
  ["a map holds more keys", { labels: { x: "1" } }, { labels: { x: "1", y: "1" } }, ["labels"]],
  ["a list holds more items", { list: ["1"] }, { list: ["1", "2"] }, ["list"]],
  ["a set holds another item", { set: ["1"] }, { set: ["2"] }, ["set"]],
])("a change in the cloud: %s", (_case, asked, held, changed) => {
  expect(diffInputs(schema, { inputs: asked, outputs: held }, asked).changed).toEqual(changed);
});

it("what a real provider filled in by itself is nothing that the program no longer asks for", () => {
  const inputs = { __defaults: ["a"], a: "x", keys: [{ __defaults: ["curve"], kid: "1", curve: "c" }] };
  const held = { a: "x", keys: [{ kid: "1", curve: "c" }] };
  const changedOf = (news: Properties) => diffInputs(schema, { inputs, outputs: held }, news).changed;

  expect(changedOf({ keys: [{ kid: "1" }] })).toEqual([]);
  expect(changedOf({ a: "y", keys: [{ kid: "2" }] })).toEqual(["a", "keys"]);
});

it("says of each difference what kind it is", () => {
  const old = { a: "x", list: ["1"], config: { memory: "1", inner: { x: "1" } } };
  const news = { list: ["2"], set: ["1"], config: { memory: "2", region: "e" } };

  expect(diffInputs(schema, { inputs: old, outputs: old }, news).differences).toEqual([
    { path: "list", kind: "update", replaces: false },
    { path: "set", kind: "add", replaces: false },
    { path: "config.memory", kind: "update", replaces: false },
    { path: "config.region", kind: "add", replaces: true },
    { path: "config.inner.x", kind: "delete", replaces: false },
    { path: "a", kind: "delete", replaces: false },
  ]);
});

describe("an asset without a hash", () => {
  it("is identified by the content of its file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "diff-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "file");
    await writeFile(path, "content");
    const held = {
      file: asset({
        path: "elsewhere",
        hash: "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73",
      }),
    };
    const diff = () => diffInputs(schema, { inputs: held, outputs: held }, { file: asset({ path }) }).changed;

    expect(diff()).toEqual([]);
    await writeFile(path, "other content");
    expect(diff()).toEqual(["file"]);
  });

  it("is identified by its text", () => {
    const held = { file: asset({ text: "x" }) };
    const old = { inputs: held, outputs: held };

    expect(diffInputs(schema, old, { file: asset({ text: "x" }) }).changed).toEqual([]);
    expect(diffInputs(schema, old, { file: asset({ text: "y" }) }).changed).toEqual(["file"]);
  });
});

it.each<[string, ResourceSchema, Properties, Properties, boolean]>([
  [
    "of a made name comes after the creation",
    schema,
    { name: "x-1234567", fixed: { x: "1" } },
    { name: "x-1234567", fixed: { x: "2" } },
    false,
  ],
  [
    "of a name that the program keeps comes first",
    schema,
    { name: "x", fixed: { x: "1" } },
    { name: "x", fixed: { x: "2" } },
    true,
  ],
  [
    "of a name that the program chose and changes comes first, too",
    schema,
    { name: "x" },
    { name: "y" },
    true,
  ],
  [
    "that the schema wants first comes first",
    { ...schema, deleteBeforeReplace: true },
    { name: "x" },
    { name: "y" },
    true,
  ],
  ["is not needed for an update", { ...schema, deleteBeforeReplace: true }, { a: "x" }, { a: "y" }, false],
])("the deletion %s", (_case, ofType, old, news, expected) => {
  expect(diffInputs(ofType, { inputs: old, outputs: old }, news).deleteBeforeReplace).toBe(expected);
});

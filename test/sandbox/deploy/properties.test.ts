import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { describe, expect, it } from "vitest";
import type { Properties, PropertyValue } from "../../../sandbox/deploy/handler.ts";
import {
  containsSecret,
  containsUnknown,
  fromStruct,
  fromValue,
  mapAssetPaths,
  markSecrets,
  revealAll,
  secret,
  toStruct,
  unknown,
} from "../../../sandbox/deploy/properties.ts";

const signatureKey = "4dabf18193072939515e22adb298388d";
const signed = (signature: string, members: Properties): Properties => ({
  [signatureKey]: signature,
  ...members,
});
const output = (members: Properties) => signed("d0e6a833031e9bbcd3f4e8bde6ca49a4", members);
const reference = (members: Properties) => signed("5cf8f73096256a8f31e491e813e4eb8e", members);
const asset = (members: Properties) => signed("c44067f5952c0a294b673a41bacd8c17", members);
const archive = (members: Properties) => signed("0def7320c3a5731c473e5ecbe6d01bc7", members);

describe("properties on the wire", () => {
  it.each<[string, Properties]>([
    ["nothing", {}],
    ["scalars", { text: "a", number: 1.5, yes: true, no: false, nothing: null, empty: "" }],
    ["lists and objects", { list: [1, ["a", null], { inner: [] }], object: { inner: { deep: {} } } }],
    ["secrets", { password: secret("pass"), headers: { token: secret({ a: 1 }) } }],
    ["unknowns", { id: unknown, secret: secret(unknown) }],
    ["assets", { file: asset({ path: "a.txt" }), folder: archive({ assets: { a: asset({ text: "b" }) } }) }],
  ])("come back as they went: %s", (_case, properties) => {
    expect(fromStruct(toStruct(properties))).toEqual(properties);
  });

  it.each<[string, PropertyValue, PropertyValue]>([
    ["a resource is its id", reference({ urn: "urn:a", id: "1" }), "1"],
    ["a resource without an id yet is unknown", reference({ urn: "urn:a", id: "" }), unknown],
    ["a component is its URN", reference({ urn: "urn:a" }), "urn:a"],
    ["an output value is its value", output({ value: "a", dependencies: ["urn:a"] }), "a"],
    ["a secret output value is a secret", output({ value: "a", secret: true }), secret("a")],
    ["an output value without one is unknown", output({}), unknown],
    ["a secret within a secret is one secret", secret({ a: secret("b") }), secret({ a: "b" })],
    ["special values are found in lists", { list: [output({ value: 1 })] }, { list: [1] }],
  ])("are simplified: %s", (_case, wire, expected) => {
    expect(fromStruct(toStruct({ value: wire }))).toEqual({ value: expected });
  });

  it("are none when there is no message", () => {
    expect(fromStruct(undefined)).toEqual({});
  });

  it("may be a single value", () => {
    expect(fromValue(structs.Value.fromJavaScript(["a", 1]))).toEqual(["a", 1]);
  });
});

describe("markSecrets", () => {
  it.each<[string, Properties, Properties, string[], Properties]>([
    ["inputs make outputs of the same name secret", { a: "1" }, { a: secret("0") }, [], { a: secret("1") }],
    ["others stay open", { a: "1", b: "2" }, { a: "1", c: secret("3") }, [], { a: "1", b: "2" }],
    ["listed outputs become secret", { a: "1" }, {}, ["a", "absent"], { a: secret("1") }],
    ["nothing is marked twice", { a: secret("1") }, { a: secret("1") }, ["a"], { a: secret("1") }],
    [
      "objects are compared member by member",
      { a: { b: "1", c: "2" } },
      { a: { b: secret("1"), c: "2" } },
      [],
      { a: { b: secret("1"), c: "2" } },
    ],
    [
      "a secret object is secret as a whole",
      { a: { b: "1" } },
      { a: secret({ b: "1" }) },
      [],
      { a: secret({ b: "1" }) },
    ],
    [
      "a list with a secret in it is secret as a whole",
      { a: ["1", "2"] },
      { a: ["1", secret("2")] },
      [],
      { a: secret(["1", "2"]) },
    ],
    [
      "an object that became something else is secret when it held a secret",
      { a: "text" },
      { a: { b: secret("1") } },
      [],
      { a: secret("text") },
    ],
  ])("%s", (_case, outputs, inputs, names, expected) => {
    expect(markSecrets(outputs, inputs, names)).toEqual(expected);
  });
});

it("revealAll takes every mark away", () => {
  const properties = { a: secret("1"), b: [secret(["2"])], c: { d: secret({ e: 3 }) }, f: null };

  expect(revealAll(properties)).toEqual({ a: "1", b: [["2"]], c: { d: { e: 3 } }, f: null });
});

it("containsSecret and containsUnknown look at every depth", () => {
  expect([secret("a"), [secret("a")], { a: { b: secret("a") } }].every(containsSecret)).toBe(true);
  expect([null, "a", ["a"], { a: { b: "a" } }].some(containsSecret)).toBe(false);
  expect([unknown, [unknown], { a: secret(unknown) }].every(containsUnknown)).toBe(true);
  expect([null, "a", ["a"], { a: secret("a") }].some(containsUnknown)).toBe(false);
});

it("mapAssetPaths changes paths of assets and archives only", () => {
  const properties = {
    path: "a",
    file: asset({ path: "b" }),
    text: asset({ text: "path" }),
    list: [archive({ path: "c" })],
    archive: archive({ assets: { inner: asset({ path: "d" }) } }),
  };

  expect(mapAssetPaths(properties, (path) => `/program/${path}`)).toEqual({
    path: "a",
    file: asset({ path: "/program/b" }),
    text: asset({ text: "path" }),
    list: [archive({ path: "/program/c" })],
    archive: archive({ assets: { inner: asset({ path: "/program/d" }) } }),
  });
});

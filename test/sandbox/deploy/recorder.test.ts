import { describe, expect, it } from "vitest";
import { secret, unknown } from "../../../sandbox/deploy/properties.ts";
import { recordProgram } from "../../support/recorder.ts";
import { program } from "./cloud.ts";

const stack = "dev";
const nothing = {
  beforeCreate: [],
  afterCreate: [],
  beforeUpdate: [],
  afterUpdate: [],
  beforeDelete: [],
  afterDelete: [],
  onError: [],
};

describe("recordProgram", () => {
  it("records every resource with its inputs, parent, provider and dependencies", async () => {
    const { resources, error } = await recordProgram({ root: program("graph"), stack, configuration: {} });

    expect(error).toBeUndefined();
    const root = "urn:pulumi:dev::graph::pulumi:pulumi:Stack::graph-dev";
    const first = "urn:pulumi:dev::graph::test:index:Thing::first";
    const second = "urn:pulumi:dev::graph::test:index:Thing::second";
    const box = "urn:pulumi:dev::graph::test:index:Box::box";
    const provider = "urn:pulumi:dev::graph::pulumi:providers:test::cloud";
    const byName = Object.fromEntries(resources.map((resource) => [resource.name, resource]));
    expect(Object.keys(byName).sort()).toEqual(["box", "cloud", "first", "inside", "second"]);
    expect(byName["first"]).toMatchObject({
      urn: first,
      parent: root,
      inputs: { value: "one" },
      custom: true,
    });
    expect(byName["second"]).toMatchObject({
      urn: second,
      inputs: { value: "Thing:first", beside: [null] },
      dependencies: [first],
      propertyDependencies: { value: [first], beside: [first] },
    });
    expect(byName["box"]).toMatchObject({ urn: box, custom: false, outputs: { label: "Thing:second" } });
    expect(byName["cloud"]).toMatchObject({ urn: provider, inputs: { endpoint: "http://127.0.0.1:1" } });
    expect(byName["inside"]).toMatchObject({
      urn: "urn:pulumi:dev::graph::test:index:Box$test:index:Thing::inside",
      parent: box,
      provider: `${provider}::test:cloud`,
      dependencies: [second],
      propertyDependencies: { value: [] },
    });
  });

  it("records every option", async () => {
    const { resources, error } = await recordProgram({ root: program("options"), stack, configuration: {} });

    expect(error).toBeUndefined();
    const root = "urn:pulumi:dev::options::pulumi:pulumi:Stack::options-dev";
    const owner = "urn:pulumi:dev::options::test:index:Thing::owner";
    expect(resources.find(({ name }) => name === "thing")).toEqual({
      type: "test:index:Thing",
      name: "thing",
      urn: "urn:pulumi:dev::options::test:index:Thing::thing",
      parent: root,
      custom: true,
      inputs: { value: "one", more: { list: [1, true, null], nested: { text: "two" } } },
      dependencies: [owner],
      propertyDependencies: { value: [], more: [] },
      provider: undefined,
      protect: true,
      retainOnDelete: true,
      deletedWith: owner,
      deleteBeforeReplace: false,
      replaceOnChanges: ["value"],
      replaceWith: [owner],
      replacementTrigger: ["channel", "Thing:owner"],
      ignoreChanges: ["more"],
      additionalSecretOutputs: ["serial"],
      hooks: { ...nothing, beforeCreate: ["ready"] },
      importId: undefined,
    });
  });

  it("marks secrets, also those that come out of another resource", async () => {
    const { resources, outputs } = await recordProgram({
      root: program("secrets"),
      stack,
      configuration: { "secrets:password": "pass" },
      secretKeys: ["secrets:password"],
      outputs: ({ name }) => ({ serial: `serial-${name}` }),
    });

    expect(resources.map(({ inputs }) => inputs)).toEqual([
      {
        value: secret("pass"),
        headers: { authorization: secret("letter"), accept: "json" },
        list: ["open", secret("closed")],
      },
      { value: secret("pass"), serialOfFirst: secret("serial-first"), owner: "Thing:first" },
    ]);
    expect(outputs).toEqual({
      password: secret("pass"),
      serial: secret("serial-first"),
      id: "Thing:second",
      plain: "open",
      mixed: { inner: secret("hidden") },
    });
  });

  it("leaves unknown in a preview what only an update can know", async () => {
    const { resources, outputs } = await recordProgram({
      root: program("secrets"),
      stack,
      configuration: { "secrets:password": "pass" },
      secretKeys: ["secrets:password"],
      dryRun: true,
    });

    expect(resources.find(({ name }) => name === "second")?.inputs).toEqual({
      value: secret("pass"),
      serialOfFirst: unknown,
      owner: unknown,
    });
    expect(outputs["id"]).toBe(unknown);
    expect(outputs["plain"]).toBe("open");
  });

  it("takes ids and outputs in a preview from the caller", async () => {
    const { outputs } = await recordProgram({
      root: program("secrets"),
      stack,
      configuration: { "secrets:password": "pass" },
      secretKeys: ["secrets:password"],
      dryRun: true,
      outputs: ({ name }) => ({ id: `known-${name}`, serial: "1" }),
    });

    expect(outputs).toMatchObject({ id: "known-second", serial: secret("1") });
  });

  it("answers functions of providers, and marks as secret what was asked with a secret", async () => {
    const asked: unknown[] = [];
    const { outputs, error } = await recordProgram({
      root: program("invoke"),
      stack,
      configuration: {},
      invokes: {
        "test:index:lookUp": (inputs) => {
          asked.push(inputs);
          return { colour: "blue" };
        },
      },
    });

    expect(error).toBeUndefined();
    expect(asked).toEqual(expect.arrayContaining([{ id: "fixed" }, { id: "Thing:thing", secret: "s" }]));
    expect(outputs).toEqual({ plain: { colour: "blue" }, dependent: secret({ colour: "blue" }) });
  });

  it("fails a program that calls a function without an answer", async () => {
    const { error } = await recordProgram({ root: program("invoke"), stack, configuration: {} });

    expect(error).toContain("No answer was given to the recorder for the function test:index:lookUp");
  });

  it("keeps assets as the program gave them", async () => {
    const { resources } = await recordProgram({ root: program("assets"), stack, configuration: {} });

    expect(resources[0]?.inputs).toMatchObject({ text: { text: "some text" }, file: { path: "./index.ts" } });
  });

  it("answers with the program's error and what it had registered until then", async () => {
    const { resources, error, logs } = await recordProgram({
      root: program("failure"),
      stack,
      configuration: { "failure:mode": "run error" },
    });

    expect(error).toBe("an error for the user");
    expect(logs).toEqual([{ severity: "error", message: "an error for the user" }]);
    expect(resources.map(({ name }) => name)).toEqual(["first"]);
  });

  it("fails a registration that the outputs function refuses", async () => {
    const { error } = await recordProgram({
      root: program("graph"),
      stack,
      configuration: {},
      outputs: ({ name }) => {
        if (name === "second") throw new Error("second is refused");
        return {};
      },
    });

    expect(error).toContain("failed to register new resource second [test:index:Thing]");
    expect(error).toContain("second is refused");
  });
});

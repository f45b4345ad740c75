import { credentials, status } from "@grpc/grpc-js";
import type plugins from "@pulumi/pulumi/proto/plugin_pb.js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  PartialCreateError,
  type Properties,
  type Provider,
  type ResourceHandler,
} from "../../../sandbox/deploy/handler.ts";
import { type PluginServers, servePlugins } from "../../../sandbox/deploy/plugin.ts";
import { fromStruct, secret, toStruct, unknown } from "../../../sandbox/deploy/properties.ts";
import { type Cloud, createCloud } from "./cloud.ts";

const thing = "test:index:Thing";
const fixed = "test:index:Fixed";
const halfway = "test:index:Halfway";

let cloud: Cloud;
let servers: PluginServers;
let client: ResourceProviderClient;

beforeEach(async () => {
  cloud = createCloud({
    onCreate: (name) => {
      if (name === "refused") throw new Error("the cloud is full");
    },
  });
  const never = () => Promise.reject(new Error("not called"));
  const made = { id: "half", outputs: { name: "x", token: "t" } };
  const broken = new PartialCreateError("made, but not started", made);
  const more: Record<string, ResourceHandler> = {
    [fixed]: { schema: { inputs: { a: { type: "string" } } }, create: never, read: never, delete: never },
    [halfway]: {
      schema: { inputs: {}, secretOutputs: ["token"] },
      create: () => Promise.reject(broken),
      read: never,
      update: () => Promise.reject(broken),
      delete: never,
    },
  };
  const provider = cloud.providers["test"];
  const test: Provider = {
    resources: { ...provider?.resources, ...more },
    functions: provider?.functions ?? {},
  };
  servers = await servePlugins({ test, other: { resources: {}, functions: {} } }, { test: "1.2.3" });
  client = new ResourceProviderClient(servers.addresses["test"] ?? "", credentials.createInsecure());
});
afterEach(() => {
  client.close();
  servers.close();
});

/** Calls a method of the client; an error of the server becomes one with the server's message. */
function call<Request, Response>(
  method: (request: Request, done: (error: Error | null, response: Response) => void) => unknown,
  request: Request,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    method.call(client, request, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

async function check(inputs: Properties, olds?: Properties, type = thing) {
  const request = new messages.CheckRequest();
  request.setType(type);
  request.setName("first");
  request.setNews(toStruct(inputs));
  if (olds !== undefined) request.setOlds(toStruct(olds));
  const response: messages.CheckResponse = await call(client.check, request);
  return {
    inputs: fromStruct(response.getInputs()),
    failures: response.getFailuresList().map((failure) => [failure.getProperty(), failure.getReason()]),
  };
}

async function diff(held: Properties, news: Properties, ignored: string[] = [], type = thing) {
  const request = new messages.DiffRequest();
  request.setType(type);
  request.setOldInputs(toStruct(held));
  request.setOlds(toStruct(held));
  request.setNews(toStruct(news));
  request.setIgnorechangesList(ignored);
  const response: messages.DiffResponse = await call(client.diff, request);
  const details: [string, number][] = [];
  response.getDetaileddiffMap().forEach((detail, path) => {
    details.push([path, detail.getKind()]);
  });
  return {
    changes: response.getChanges(),
    diffs: response.getDiffsList(),
    replaces: response.getReplacesList(),
    deleteBeforeReplace: response.getDeletebeforereplace(),
    details,
  };
}

async function create(inputs: Properties, { preview = false, type = thing } = {}) {
  const request = new messages.CreateRequest();
  request.setType(type);
  request.setProperties(toStruct(inputs));
  request.setPreview(preview);
  const response: messages.CreateResponse = await call(client.create, request);
  return { id: response.getId(), outputs: fromStruct(response.getProperties()) };
}

async function update(
  olds: Properties,
  oldInputs: Properties,
  news: Properties,
  preview: boolean,
  type = thing,
) {
  const request = new messages.UpdateRequest();
  request.setType(type);
  request.setId("id-first");
  request.setOlds(toStruct(olds));
  request.setOldInputs(toStruct(oldInputs));
  request.setNews(toStruct(news));
  request.setPreview(preview);
  const response: messages.UpdateResponse = await call(client.update, request);
  return fromStruct(response.getProperties());
}

const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
const { ADD, UPDATE, UPDATE_REPLACE, DELETE } = messages.PropertyDiff.Kind;

describe("a plugin", () => {
  it("is a server of its own for each provider, and says its version", async () => {
    expect(Object.keys(servers.addresses)).toEqual(["test", "other"]);
    expect(servers.addresses["test"]).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(servers.addresses["test"]).not.toBe(servers.addresses["other"]);
    const info: plugins.PluginInfo = await call(client.getPluginInfo, new empty.Empty());
    expect(info.getVersion()).toBe("1.2.3");
  });

  it("takes previews, and leaves the marking of secrets to the engine", async () => {
    const response: messages.ConfigureResponse = await call(
      client.configure,
      new messages.ConfigureRequest(),
    );
    expect(response.getSupportspreview()).toBe(true);
    expect(response.getAcceptsecrets()).toBe(false);
  });

  it("says what it does not serve", async () => {
    const error = await call(client.construct, new messages.ConstructRequest()).catch((reason) => reason);
    expect(error).toMatchObject({ code: status.UNIMPLEMENTED });
  });
});

describe("check", () => {
  it("names what has no name, and marks what is secret by its schema", async () => {
    const { inputs, failures } = await check({ value: "a", password: "p" });
    expect(failures).toEqual([]);
    expect(inputs).toEqual({
      value: "a",
      password: secret("p"),
      name: expect.stringMatching(/^first-[0-9a-f]{7}$/),
    });
    const again = await check({ value: "b" }, inputs);
    expect(again.inputs["name"]).toBe(inputs["name"]);
  });

  it("says what is wrong without showing values to the engine's own words", async () => {
    const { failures } = await check({ value: 1, password: 2 });
    expect(failures).toEqual([
      ["", "value must be a string"],
      ["", "password must be a string"],
    ]);
    expect((await check({ size: 13 })).failures).toEqual([["", "size brings bad luck"]]);
  });

  it("refuses a type that it does not know", async () => {
    await expect(check({}, undefined, "test:index:Nothing")).rejects.toThrow(
      "test:index:Nothing is not known here",
    );
  });
});

describe("diff", () => {
  it("finds no change in what is the same", async () => {
    expect(await diff({ value: "a", serial: "s" }, { value: "a", serial: "s" })).toMatchObject({
      changes: DIFF_NONE,
      diffs: [],
      details: [],
    });
  });

  it("says what changed, how, and what replaces", async () => {
    expect(await diff({ value: "a", size: 1, pid: 1 }, { value: "b", size: 2, owner: "o" })).toEqual({
      changes: DIFF_SOME,
      diffs: expect.arrayContaining(["value", "size", "owner", "pid"]),
      replaces: ["size"],
      deleteBeforeReplace: false,
      details: expect.arrayContaining([
        ["value", UPDATE],
        ["size", UPDATE_REPLACE],
        ["owner", ADD],
        ["pid", DELETE],
      ]),
    });
  });

  it("has the old one deleted first when the program keeps its name", async () => {
    expect(await diff({ name: "mine", size: 1 }, { name: "mine", size: 2 })).toMatchObject({
      replaces: ["size"],
      deleteBeforeReplace: true,
    });
  });

  it("takes marks of secrets away before it compares", async () => {
    expect((await diff({ value: secret("a") }, { value: "a" })).changes).toBe(DIFF_NONE);
  });

  it("leaves out what the program ignores", async () => {
    expect(await diff({ value: "a", pid: 1 }, { value: "b", pid: 2 }, ["value"])).toMatchObject({
      diffs: ["pid"],
    });
    expect(await diff({ value: "a" }, { value: "b" }, ["value"])).toMatchObject({ changes: DIFF_NONE });
  });

  it("replaces what has no update", async () => {
    expect(await diff({ a: "1" }, { a: "2" }, [], fixed)).toMatchObject({ diffs: ["a"], replaces: ["a"] });
  });
});

describe("create and update", () => {
  const inputs = { name: "first-1234567", value: "a" };

  it("touch nothing in a preview", async () => {
    expect(await create({ ...inputs, owner: unknown }, { preview: true })).toEqual({
      id: "",
      outputs: { ...inputs, owner: unknown },
    });
    const olds = { ...inputs, pid: 1, serial: "s", more: { asked: 1, filled: 2 } };
    const oldInputs = { ...inputs, pid: 1, more: { asked: 1 } };
    expect(await update(olds, oldInputs, { ...inputs, value: "b", more: { asked: 3 } }, true)).toEqual({
      ...inputs,
      value: "b",
      serial: "s",
      more: { asked: 3, filled: 2 },
    });
    expect(cloud.events).toEqual([]);
  });

  it("hand secrets to the handler without marks, and mark what is secret in the outputs", async () => {
    const state = await create({ ...inputs, password: secret("p") });
    expect(cloud.things.get("first")).toEqual({ value: "a", password: "p" });
    expect(state).toEqual({
      id: "id-first",
      outputs: {
        ...inputs,
        id: "id-first",
        password: secret("p"),
        serial: "serial-first",
        key: secret("key-first"),
      },
    });
    expect(await update(state.outputs, inputs, { ...inputs, value: secret("b") }, false)).toEqual({
      ...inputs,
      id: "id-first",
      value: "b",
      serial: "serial-first",
      key: secret("key-first"),
    });
    expect(cloud.things.get("first")).toEqual({ value: "b" });
  });

  it("fail with the cloud's message", async () => {
    await expect(create({ name: "refused-1234567" })).rejects.toThrow("the cloud is full");
    await expect(update({}, {}, {}, false, fixed)).rejects.toThrow("test:index:Fixed cannot be updated");
  });

  it.each([
    ["create", () => create({}, { type: halfway })],
    ["update", () => update({}, {}, {}, false, halfway)],
  ])("that fail half-way say what is there: %s", async (_method, attempt) => {
    const error = await attempt().catch((reason) => reason);
    expect(error.message).toContain("made, but not started");
    const [bytes] = error.metadata.get("grpc-status-details-bin");
    const [detail] = statuses.Status.deserializeBinary(bytes).getDetailsList();
    expect(detail?.getTypeName()).toBe("pulumirpc.ErrorResourceInitFailed");
    const failure = messages.ErrorResourceInitFailed.deserializeBinary(
      detail?.getValue_asU8() ?? new Uint8Array(),
    );
    expect(failure.getId()).toBe("half");
    expect(fromStruct(failure.getProperties())).toEqual({ name: "x", token: secret("t") });
    expect(failure.getReasonsList()).toEqual(["made, but not started"]);
  });
});

describe("read and delete", () => {
  async function read(id: string) {
    const request = new messages.ReadRequest();
    request.setType(thing);
    request.setId(id);
    request.setProperties(toStruct({ name: "first-1234567" }));
    request.setInputs(toStruct({ asked: "for" }));
    const response: messages.ReadResponse = await call(client.read, request);
    return {
      id: response.getId(),
      outputs: fromStruct(response.getProperties()),
      inputs: fromStruct(response.getInputs()),
    };
  }

  it("answer what is there, and nothing once it is gone", async () => {
    await create({ name: "first-1234567", value: "a" });
    cloud.things.set("first", { value: "drifted" });
    expect(await read("id-first")).toEqual({
      id: "id-first",
      outputs: {
        id: "id-first",
        name: "first-1234567",
        value: "drifted",
        serial: "serial-first",
        key: secret("key-first"),
      },
      inputs: { asked: "for" },
    });
    const request = new messages.DeleteRequest();
    request.setType(thing);
    request.setId("id-first");
    await call(client.delete, request);
    expect(cloud.things.size).toBe(0);
    expect((await read("id-first")).id).toBe("");
  });
});

describe("invoke", () => {
  async function invoke(token: string, id: string) {
    const request = new messages.InvokeRequest();
    request.setTok(token);
    request.setArgs(toStruct({ id: secret(id) }));
    const response: messages.InvokeResponse = await call(client.invoke, request);
    return fromStruct(response.getReturn());
  }

  it("answers functions, with their message when they fail", async () => {
    expect(await invoke("test:index:lookUp", "x")).toEqual({ id: "x", colour: "red" });
    await expect(invoke("test:index:lookUp", "missing")).rejects.toThrow("nothing has this id");
    await expect(invoke("test:index:nothing", "x")).rejects.toThrow(
      "The function test:index:nothing is not known here",
    );
  });
});

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyDefaults, ProjectError, readProject } from "../../../sandbox/deploy/project.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "project-"));
  await mkdir(join(root, "infra"));
  await writeFile(join(root, "infra", "index.ts"), "");
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

const head = "name: shop\nruntime: nodejs\n";
const write = (text: string) => writeFile(join(root, "Pulumi.yaml"), text);

describe("readProject", () => {
  it("reads name, program, runtime options and configuration", async () => {
    await write(`name: shop
runtime:
  name: nodejs
  options: { typescript: false, nodeargs: --no-warnings }
main: infra/index.ts
config:
  title: { type: string, description: what it is called, default: Shop }
  password: { type: string, secret: true }
  sizes: { type: array, items: { type: integer }, default: [1, 2] }
  short: 5
  okta:orgName: { value: example }
`);

    expect(await readProject(root)).toEqual({
      name: "shop",
      rootDirectory: root,
      programDirectory: join(root, "infra"),
      entryPoint: "index.ts",
      runtimeOptions: { typescript: false, nodeargs: "--no-warnings" },
      configuration: [
        { key: "shop:title", type: "string", secret: false, value: "Shop" },
        { key: "shop:password", type: "string", secret: true, value: undefined },
        { key: "shop:sizes", type: "array", secret: false, value: "[1,2]" },
        { key: "shop:short", type: undefined, secret: false, value: "5" },
        { key: "okta:orgName", type: undefined, secret: false, value: "example" },
      ],
    });
  });

  it.each([
    ["main: infra/index.ts", "infra", "index.ts"],
    ["main: infra/", "infra", "."],
    ["", "", "."],
  ])("runs the program in the folder of its entry point: %s", async (main, directory, entryPoint) => {
    await write(`${head}${main}`);

    expect(await readProject(root)).toMatchObject({ programDirectory: join(root, directory), entryPoint });
  });

  it.each([
    ["- a", "expected a mapping"],
    ["runtime: nodejs", '"name" is missing'],
    ["name: shop\nruntime: python", '"runtime" must be nodejs'],
    [`${head}main: [a]`, '"main" must be a path'],
    [`${head}main: elsewhere.ts`, '"main" names elsewhere.ts, which is not there'],
  ])("refuses %j", async (text, message) => {
    await write(text);

    await expect(readProject(root)).rejects.toThrow(ProjectError);
    await expect(readProject(root)).rejects.toThrow(message);
  });

  it("says where it looked for Pulumi.yaml", async () => {
    await expect(readProject(root)).rejects.toThrow(`${join(root, "Pulumi.yaml")} cannot be read`);
  });
});

describe("applyDefaults", () => {
  const project = async (config: string) => {
    await write(`${head}config: ${config}`);
    return readProject(root);
  };

  it("puts defaults in, and keeps given values", async () => {
    const shop = await project(
      "{ a: { type: integer, default: 1 }, b: { type: object, default: { c: [true] } } }",
    );

    expect(applyDefaults(shop, "dev", { "shop:a": "2", "gcp:project": "p" }, [])).toEqual({
      "shop:a": "2",
      "shop:b": '{"c":[true]}',
      "gcp:project": "p",
    });
  });

  it("names every key of the project that has no value", async () => {
    const shop = await project("{ a: { type: string }, b: { type: string, secret: true }, okta:c: {} }");

    expect(() => applyDefaults(shop, "dev", {}, [])).toThrow(
      new ProjectError("Stack dev is missing configuration for shop:a, shop:b"),
    );
  });

  it("wants secrets given as secrets", async () => {
    const shop = await project("{ a: { type: string, secret: true } }");

    expect(() => applyDefaults(shop, "dev", { "shop:a": "value" }, [])).toThrow(
      new ProjectError("Stack dev: configuration key shop:a must be given as a secret"),
    );
    expect(applyDefaults(shop, "dev", { "shop:a": "value" }, ["shop:a"])).toEqual({ "shop:a": "value" });
  });

  it.each([
    ["boolean", ["true", "false"], ["yes", "1", ""]],
    ["integer", ["0", "-7", "12"], ["1.5", "one", ""]],
    ["array", ["[]", '["a"]'], ["{}", "a", ""]],
    ["object", ["{}", '{"a":1}'], ["[]", "a", "null"]],
    ["string", ["", "anything"], []],
  ])("checks the type %s", async (type, right, wrong) => {
    const shop = await project(`{ a: { type: ${type} } }`);

    for (const value of right) {
      expect(applyDefaults(shop, "dev", { "shop:a": value }, [])).toEqual({ "shop:a": value });
    }
    for (const value of wrong) {
      expect(() => applyDefaults(shop, "dev", { "shop:a": value }, [])).toThrow(
        new ProjectError(`Stack dev: configuration key shop:a must be of type ${type}`),
      );
    }
  });
});

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { PartialCreateError } from "../../sandbox/deploy/handler.ts";
import { readOutputs } from "../../sandbox/engine/run.ts";
import { type CloudOptions, createCloud, program } from "../sandbox/deploy/cloud.ts";
import { describeEngine, startStack } from "./support.ts";

const things = fileURLToPath(new URL("./programs/things", import.meta.url));
const nothing = { create: [], update: [], replace: [], delete: [], same: 0 };

/** A cloud of things in memory, and a stack that wishes for some. */
async function start(wishes: object, { options = {} as CloudOptions, configuration = {} } = {}) {
  const cloud = createCloud(options);
  const stack = await startStack({
    root: things,
    stack: "dev",
    configuration: { "things:things": JSON.stringify(wishes), ...configuration },
    secretKeys: ["things:password"],
    providers: cloud.providers,
  });
  onTestFinished(() => stack.close());
  return {
    ...stack,
    cloud,
    wish: (changed: object) => stack.workspace.configure({ "things:things": JSON.stringify(changed) }),
    takeEvents: () => cloud.events.splice(0),
  };
}

describeEngine("providers that the engine attaches to", () => {
  it("are asked to make, change, replace and delete what the program changes, and nothing else", async () => {
    const { run, wish, takeEvents } = await start({
      first: { value: "a", size: 1 },
      second: { after: "first" },
    });
    expect(await run("preview")).toEqual({ ...nothing, create: ["first", "second"] });
    expect(takeEvents()).toEqual([]);
    expect(await run("up")).toEqual({ ...nothing, create: ["first", "second"] });
    expect(takeEvents()).toEqual(["create first", "created first", "create second", "created second"]);
    expect(await run("up")).toEqual({ ...nothing, same: 2 });

    await wish({ first: { value: "b", size: 1 }, second: { after: "first" }, third: {} });
    const update = { ...nothing, create: ["third"], update: ["first"], same: 1 };
    expect(await run("preview")).toEqual(update);
    expect(takeEvents()).toEqual([]);
    expect(await run("up")).toEqual(update);
    expect(takeEvents().sort()).toEqual(["create third", "created third", "update first"]);

    await wish({ first: { value: "b", size: 2 } });
    const replacement = { ...nothing, replace: ["first"], delete: ["second", "third"] };
    expect(await run("preview")).toEqual(replacement);
    expect(await run("up")).toEqual(replacement);
    // The new one has another automatic name, so it is there before the old one goes.
    expect(takeEvents().filter((event) => event.endsWith("first"))).toEqual([
      "create first",
      "created first",
      "delete first",
      "deleted first",
    ]);
  });

  it("find by a refresh what others changed, and an up puts it right", async () => {
    const { run, cloud, takeEvents } = await start({ first: { value: "a" }, second: {} });
    await run("up");
    expect(await run("refresh")).toEqual({ ...nothing, same: 2 });

    cloud.things.set("first", { value: "drifted" });
    cloud.things.delete("second");
    expect(await run("up"), "without a refresh nobody looks").toEqual({ ...nothing, same: 2 });
    expect(await run("refresh")).toEqual({ ...nothing, update: ["first"], delete: ["second"] });
    takeEvents();
    expect(await run("preview")).toEqual({ ...nothing, create: ["second"], update: ["first"] });
    expect(await run("up")).toEqual({ ...nothing, create: ["second"], update: ["first"] });
    expect(cloud.things.get("first")).toEqual({ value: "a" });
    expect(await run("destroy")).toEqual({ ...nothing, delete: ["first", "second"] });
    expect(cloud.things.size).toBe(0);
  });

  it("refuse wrong inputs in a preview, all at once, and show no secret", async () => {
    // One resource at a time: the engine stops at the first that is refused, whichever that is.
    const { attempt, wish } = await start(
      { first: { size: 13 } },
      { configuration: { "things:password": "hunter2" } },
    );
    const { code, text, diagnostics } = await attempt("preview");
    expect(code).not.toBe(0);
    expect(diagnostics).toContainEqual({
      severity: "error",
      message: "test:index:Thing resource 'first' has a problem: size brings bad luck",
    });
    expect(text).not.toContain("hunter2");
    await wish({ second: { value: 7, colour: "red" } });
    const messages = (await attempt("preview")).diagnostics.map(({ message }) => message);
    expect(messages).toContainEqual(
      expect.stringMatching(/'second' has a problem: colour is not known here; known are name,/),
    );
    expect(messages).toContainEqual(expect.stringMatching(/'second' has a problem: value must be a string/));
  });

  it("keep secrets out of the state, the outputs and the terminal", async () => {
    const { run, attempt, workspace } = await start(
      { first: {} },
      { configuration: { "things:password": "hunter2" } },
    );
    const { text, code } = await attempt("up");
    expect(code).toBe(0);
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain("key-first");
    expect(await readOutputs(workspace)).toEqual({ serials: { first: "serial-first" }, keys: ["[secret]"] });
    await run("refresh");
    const folder = dirname(dirname(workspace.configFile));
    let read = 0;
    for (const name of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      read += 1;
      const content = await readFile(join(name.parentPath, name.name), "utf8");
      expect(content, name.name).not.toContain("hunter2");
      expect(content, name.name).not.toContain("key-first");
    }
    expect(read).toBeGreaterThan(2);
  });

  it("see a file that changed its content, not one that changed its place", async () => {
    const folder = await mkdtemp(join(tmpdir(), "asset-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [here, there] = [join(folder, "here"), join(folder, "there")];
    await writeFile(here, "content");
    await writeFile(there, "content");
    const { run, workspace } = await start({}, { configuration: { "things:file": here } });
    expect(await run("up")).toEqual({ ...nothing, create: ["file"] });
    await workspace.configure({ "things:file": there });
    expect(await run("up")).toEqual({ ...nothing, same: 1 });
    expect(await run("refresh")).toEqual({ ...nothing, same: 1 });
    await writeFile(there, "other content");
    expect(await run("up")).toEqual({ ...nothing, update: ["file"] });
  });

  it("fail an up with the cloud's message, and the next one goes on", async () => {
    let broken = true;
    const { run, attempt, cloud } = await start(
      { first: {}, second: { after: "first" } },
      {
        options: {
          onCreate: (name) => {
            if (broken && name === "second") throw new Error("the quota is used up");
          },
        },
      },
    );
    const failed = await attempt("up");
    expect(failed.code).not.toBe(0);
    expect(failed.operations).toEqual({ ...nothing, create: ["first"] });
    expect(failed.diagnostics.map(({ message }) => message).join("\n")).toContain("the quota is used up");
    broken = false;
    expect(await run("up")).toEqual({ ...nothing, create: ["second"], same: 1 });
    expect(cloud.things.size).toBe(2);
  });

  it("that made a resource by half keep it, and the next up finishes it", async () => {
    let broken = true;
    const { run, attempt, cloud } = await start(
      { first: { name: "chosen", value: "a" } },
      {
        options: {
          onCreate(name, inputs) {
            if (!broken) return;
            cloud.things.set(name, inputs);
            const state = { id: `id-${name}`, outputs: { ...inputs, name } };
            throw new PartialCreateError("it was made, but does not start", state);
          },
        },
      },
    );
    const failed = await attempt("up");
    expect(failed.code).not.toBe(0);
    expect(failed.text).toContain("it was made, but does not start");
    broken = false;
    expect(await run("up")).toEqual({ ...nothing, update: ["first"] });
    expect(await run("up")).toEqual({ ...nothing, same: 1 });
    expect(await run("destroy")).toEqual({ ...nothing, delete: ["first"] });
    expect(cloud.things.size).toBe(0);
  });

  it("end in order when a run is interrupted: what was under way is in the state", async () => {
    const controller = new AbortController();
    const begun = Promise.withResolvers<void>();
    const { run, attempt, cloud } = await start(
      { first: {}, second: { after: "first" } },
      {
        options: {
          onCreate: async () => {
            controller.abort();
            await begun.promise;
          },
        },
      },
    );
    const lines: string[] = [];
    const interrupted = await attempt("up", [], {
      signal: controller.signal,
      onLine(line) {
        lines.push(line);
        // The engine has taken notice.
        if (line.includes("cancelling")) begun.resolve();
      },
    });
    expect(interrupted.code).not.toBe(0);
    expect([...cloud.things.keys()]).toEqual(["first"]);
    expect(await run("destroy")).toEqual({ ...nothing, delete: ["first"] });
    expect(cloud.things.size).toBe(0);
  });
});

describeEngine("a program under the engine", () => {
  async function attemptProgram(name: string, configuration: Readonly<Record<string, string>>) {
    const stack = await startStack({
      root: program(name),
      stack: "dev",
      configuration,
      secretKeys: [],
      providers: createCloud().providers,
    });
    onTestFinished(() => stack.close());
    return await stack.attempt("up");
  }

  it.each([
    ["error", "Error: a plain error"],
    ["run error", "an error for the user"],
    ["exit", "Program exited with non-zero exit code: 7"],
  ])("fails the run with its message: %s", async (mode, message) => {
    const { code, diagnostics } = await attemptProgram("failure", { "failure:mode": mode });
    expect(code).not.toBe(0);
    expect(diagnostics.map((diagnostic) => diagnostic.message).join("\n")).toContain(message);
  });

  it("has its hooks run, before and after", async () => {
    const { code, text } = await attemptProgram("hooks", {});
    expect(code).toBe(0);
    expect(text).toContain('"step":"before"');
    expect(text).toContain('"step":"after"');
  });

  it("gets its configuration, typed as Pulumi.yaml has it, with the defaults and secrets", async () => {
    const root = program("configuration");
    const stack = await startStack({
      root,
      stack: "dev",
      configuration: {
        "configuration:token": "t",
        "configuration:limits": '{"size":9}',
        "configuration:enabled": "false",
        "configuration:count": "0",
      },
      secretKeys: ["configuration:token"],
      providers: {},
    });
    onTestFinished(() => stack.close());
    await stack.run("up");
    expect(await readOutputs(stack.workspace)).toMatchObject({
      greeting: "hello",
      limits: { size: 9 },
      enabled: false,
      count: 0,
      token: "[secret]",
      names: ["organization", "configuration", "dev", false],
      directories: [`${root}/infra`, root],
      // As Pulumi's own language host has it, which passes on the environment that the CLI has.
      environment: expect.arrayContaining(["PULUMI_CONFIG_PASSPHRASE"]),
    });
  });

  it("has what it prints shown", async () => {
    const { attempt } = await start({});
    expect((await attempt("preview")).text).toContain("printed by the program");
  });
});

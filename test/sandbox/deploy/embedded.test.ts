import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Progress } from "../../../sandbox/deploy/creation.ts";
import { DestructionError } from "../../../sandbox/deploy/destruction.ts";
import { DeploymentError, deployEmbedded, type EmbeddedOptions } from "../../../sandbox/deploy/embedded.ts";
import { PartialCreateError } from "../../../sandbox/deploy/handler.ts";
import { runInSharedProcess } from "../../support/programs.ts";
import { createCloud, program } from "./cloud.ts";

const stack = "dev";

/** Deploys a program of a few lines in the tests' shared process. */
const deploy = (options: EmbeddedOptions) => deployEmbedded({ start: runInSharedProcess, ...options });

describe("deployEmbedded", () => {
  it("creates what a resource depends on first, and destroys in reverse", async () => {
    const cloud = createCloud();
    const deployment = await deploy({
      root: program("graph"),
      stack,
      configuration: {},
      providers: cloud.providers,
    });

    expect(deployment.resources).toBe(3);
    expect(deployment.outputs).toEqual({});
    expect(cloud.events).toEqual([
      "create first",
      "created first",
      "create second",
      "created second",
      "create inside",
      "created inside",
    ]);
    expect(cloud.things.get("second")).toEqual({ value: "id-first", beside: ["serial-first"] });

    cloud.events.length = 0;
    await deployment.destroy();
    expect(cloud.events).toEqual([
      "delete inside",
      "deleted inside",
      "delete second",
      "deleted second",
      "delete first",
      "deleted first",
    ]);
    expect(cloud.things.size).toBe(0);

    await deployment.destroy();
    expect(cloud.events).toHaveLength(6);
  });

  it("creates and deletes at once what does not depend on each other", async () => {
    const bothCreated = meeting(2);
    const bothDeleted = meeting(2);
    const cloud = createCloud({
      onCreate: (name) => (name === "second" || name === "slow" ? bothCreated() : undefined),
      onDelete: (name) => (name === "second" || name === "after slow" ? bothDeleted() : undefined),
    });
    const deployment = await deploy({
      root: program("failure"),
      stack,
      configuration: { "failure:mode": "create" },
      providers: cloud.providers,
    });

    expect(deployment.resources).toBe(4);
    await deployment.destroy();
    expect(cloud.things.size).toBe(0);
  });

  it("hands secrets to handlers without marks, and says which outputs of the stack are secret", async () => {
    const cloud = createCloud();
    const deployment = await deploy({
      root: program("secrets"),
      stack,
      configuration: { "secrets:password": "pass" },
      secretKeys: ["secrets:password"],
      providers: cloud.providers,
    });

    expect(Object.fromEntries(cloud.things)).toEqual({
      first: {
        value: "pass",
        headers: { authorization: "letter", accept: "json" },
        list: ["open", "closed"],
      },
      second: { value: "pass", serialOfFirst: "serial-first", owner: "id-first" },
    });
    expect(deployment.outputs).toEqual({
      password: "pass",
      serial: "serial-first",
      id: "id-second",
      plain: "open",
      mixed: { inner: "hidden" },
    });
    expect([...deployment.secretOutputs].sort()).toEqual(["mixed", "password", "serial"]);
  });

  it("reports each step as it happens", async () => {
    const progress: Progress[] = [];
    const cloud = createCloud();
    const deployment = await deploy({
      root: program("hooks"),
      stack,
      configuration: {},
      providers: cloud.providers,
      onProgress: (step) => progress.push(step),
    });
    await deployment.destroy();

    const type = "test:index:Thing";
    const name = "thing";
    const milliseconds = expect.any(Number);
    expect(progress.filter(({ kind }) => kind !== "log")).toEqual([
      { kind: "creating", type, name },
      { kind: "hook", type, name, hook: "before" },
      { kind: "hook", type, name, hook: "after" },
      { kind: "created", type, name, milliseconds },
      { kind: "deleting", type, name },
      { kind: "deleted", type, name, milliseconds },
    ]);
  });

  it("gives handlers asset paths that do not depend on the working directory", async () => {
    const cloud = createCloud();
    const root = program("assets");
    await deploy({ root, stack, configuration: {}, providers: cloud.providers });

    expect(cloud.things.get("thing")).toMatchObject({
      text: { text: "some text" },
      file: { path: `${root}/infra/index.ts` },
      folder: { path: "/tmp/absolute" },
      archive: { assets: { "inner.txt": { path: `${root}/infra/inner.txt` } } },
    });
  });

  it("answers functions of providers", async () => {
    const cloud = createCloud();
    const deployment = await deploy({
      root: program("invoke"),
      stack,
      configuration: {},
      providers: cloud.providers,
    });

    expect(deployment.outputs).toEqual({
      plain: { id: "fixed", colour: "red" },
      dependent: { id: "id-thing", colour: "red" },
    });
    expect(deployment.secretOutputs).toEqual(["dependent"]);
  });

  it("keeps two deployments at once apart", async () => {
    const bothRun = meeting(2);
    const onCreate = (name: string) => (name === "first" ? bothRun() : undefined);
    const clouds = [createCloud({ onCreate }), createCloud({ onCreate })];
    const deployments = await Promise.all(
      clouds.map(async (cloud, index) =>
        deployEmbedded({
          root: program("secrets"),
          stack: `stack-${index}`,
          configuration: { "secrets:password": `pass-${index}` },
          secretKeys: ["secrets:password"],
          providers: cloud.providers,
        }),
      ),
    );

    expect(deployments.map(({ outputs }) => outputs["password"])).toEqual(["pass-0", "pass-1"]);
    await deployments[0]?.destroy();
    expect(clouds.map(({ things }) => things.size)).toEqual([0, 2]);
  });
});

describe("a failed deployment", () => {
  it("names type, name and reason, begins nothing more, and destroys what was made", async () => {
    const failed = Promise.withResolvers<void>();
    const cloud = createCloud({
      onCreate: async (name) => {
        if (name === "second") throw new Error("the quota is used up");
        if (name === "slow") await failed.promise;
      },
    });
    const error = await rejection(
      deploy({
        root: program("failure"),
        stack,
        configuration: { "failure:mode": "create" },
        providers: cloud.providers,
        onProgress: ({ kind }) => {
          if (kind === "failed") failed.resolve();
        },
      }),
    );

    expect(error.message).toBe('test:index:Thing "second" was not created: the quota is used up');
    expect([...cloud.things.keys()].sort()).toEqual(["first", "slow"]);
    expect(cloud.events).not.toContain("create after slow");

    await error.destroy();
    expect(cloud.things.size).toBe(0);
  });

  it.each([
    ["error", "Error: a plain error"],
    ["run error", "an error for the user"],
    ["late error", "Error: an error in apply"],
    ["twice", "Duplicate resource URN urn:pulumi:dev::failure::test:index:Thing::first"],
    ["read", "pulumirpc.ResourceMonitor/ReadResource is not supported by this deployment"],
    ["import", '"imported" was not created: it is to be imported as there, which is not supported here'],
    ["foreign", '"foreign" was not created: there is no provider for the package "aws" here'],
    ["wrong inputs", '"wrong" was not created: colour is not known here; known are name, value, '],
    ["wrong inputs", "; value must be a string"],
    ["unknown type", '"nothing" was not created: its provider does not know this type here'],
  ])("says why: %s", async (mode, message) => {
    const cloud = createCloud();
    const error = await rejection(
      deploy({
        root: program("failure"),
        stack,
        configuration: { "failure:mode": mode },
        providers: cloud.providers,
      }),
    );

    expect(error.message).toContain(message);
    await error.destroy();
    expect(cloud.things.size).toBe(0);
  });

  it("says with which exit code the program's process ended", async () => {
    const cloud = createCloud();
    const error = await rejection(
      deployEmbedded({
        root: program("failure"),
        stack,
        configuration: { "failure:mode": "exit" },
        providers: cloud.providers,
      }),
    );

    expect(error.message).toContain("The program ended with exit code 7");
    await error.destroy();
    expect(cloud.things.size).toBe(0);
  });

  it("destroys what was made by half, too", async () => {
    const cloud = createCloud({
      onCreate: (name, inputs) => {
        if (name !== "second") return;
        cloud.things.set(name, inputs);
        throw new PartialCreateError("it does not start", { id: `id-${name}`, outputs: inputs });
      },
    });
    const error = await rejection(
      deploy({ root: program("graph"), stack, configuration: {}, providers: cloud.providers }),
    );

    expect(error.message).toBe('test:index:Thing "second" was not created: it does not start');
    expect([...cloud.things.keys()]).toEqual(["first", "second"]);
    await error.destroy();
    expect(cloud.things.size).toBe(0);
  });

  it("ends the program's process when the signal fires", async () => {
    const controller = new AbortController();
    let pid = 0;
    const cloud = createCloud({
      onCreate: (_name, inputs) => {
        pid = Number(inputs["pid"]);
        controller.abort(new Error("enough"));
      },
    });
    const error = await rejection(
      deployEmbedded({
        root: program("failure"),
        stack,
        configuration: { "failure:mode": "endless" },
        providers: cloud.providers,
        signal: controller.signal,
      }),
    );

    expect(error.message).toBe("The deployment was aborted");
    expect(error.cause).toBe(controller.signal.reason);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    await error.destroy();
    expect(cloud.events).toEqual(["create first", "created first", "delete first", "deleted first"]);
  });

  it("starts nothing when the signal has fired before", async () => {
    const cloud = createCloud();
    const error = await rejection(
      deploy({
        root: program("graph"),
        stack,
        configuration: {},
        providers: cloud.providers,
        signal: AbortSignal.abort(),
      }),
    );

    expect(error.message).toBe("The deployment was aborted");
    expect(cloud.events).toEqual([]);
  });
});

describe("hooks", () => {
  async function deployHooks(mode: string, onCreate?: (name: string) => unknown) {
    const cloud = createCloud(onCreate === undefined ? {} : { onCreate });
    const logs: unknown[] = [];
    const outcome = await deploy({
      root: program("hooks"),
      stack,
      configuration: { "hooks:mode": mode },
      providers: cloud.providers,
      onProgress: (step) => {
        if (step.kind === "log" && step.severity === "info") logs.push(JSON.parse(step.message));
        if (step.kind === "log" && step.severity === "warning") logs.push(step.message);
        if (step.kind === "created" || step.kind === "creating") logs.push(step.kind);
      },
    }).catch((error: unknown) => error);
    return { cloud, logs, outcome };
  }

  const before = {
    step: "before",
    name: "thing",
    type: "test:index:Thing",
    urn: "urn:pulumi:dev::hooks::test:index:Thing::thing",
    id: "",
    inputs: ["value"],
    secret: true,
  };
  const after = { step: "after", name: "thing", id: "id-thing", outputs: "serial-thing" };

  it("run in the program before and after the creation, with secrets still secret", async () => {
    const { logs, cloud } = await deployHooks("");

    expect(logs).toEqual(["creating", before, after, "created"]);
    expect(cloud.things.size).toBe(1);
  });

  it("that fail before the creation prevent it, with their message", async () => {
    const { cloud, outcome } = await deployHooks("before fails");

    expect(outcome).toBeInstanceOf(DeploymentError);
    expect(outcome).toHaveProperty(
      "message",
      'test:index:Thing "thing" was not created: hook before: the receiver is not ready',
    );
    expect(cloud.events).toEqual([]);
  });

  it("that fail after the creation are a warning", async () => {
    const { cloud, logs } = await deployHooks("after fails");

    expect(logs).toContain('test:index:Thing "thing": hook after: too late to matter');
    expect(cloud.things.size).toBe(1);
  });

  it("whose errors are to be ignored are a warning", async () => {
    const { cloud, logs } = await deployHooks("lenient");

    expect(logs).toContain('test:index:Thing "other": hook lenient: never mind');
    expect(cloud.things.has("other")).toBe(true);
  });

  it("belong to components too", async () => {
    const { logs } = await deployHooks("component");

    expect(logs).toContainEqual(expect.objectContaining({ step: "before", name: "box" }));
  });

  it("for errors may have a failed creation tried again", async () => {
    let attempt = 0;
    const { logs, cloud } = await deployHooks("retry", () => {
      attempt += 1;
      if (attempt < 3) throw new Error(`failure ${attempt}`);
    });

    expect(logs).toContainEqual({ step: "error", failedOperation: "create", errors: ["failure 1"] });
    expect(logs).toContainEqual({
      step: "error",
      failedOperation: "create",
      errors: ["failure 2", "failure 1"],
    });
    expect(cloud.things.size).toBe(1);
  });

  it("for errors may give up", async () => {
    const { outcome, cloud } = await deployHooks("retry", () => {
      throw new Error("for good");
    });

    expect(outcome).toHaveProperty("message", 'test:index:Thing "thing" was not created: for good');
    expect(cloud.events).toEqual(["create thing", "create thing", "create thing"]);
  });

  it("for deletions are refused, since the program has ended by then", async () => {
    const { outcome } = await deployHooks("delete");

    expect(outcome).toHaveProperty(
      "message",
      expect.stringContaining('"doomed" was not created: its delete hooks'),
    );
  });
});

describe("destroy", () => {
  it("calls no handler for what is retained or goes with its owner", async () => {
    const progress: string[] = [];
    const cloud = createCloud({
      onDelete: async (name) => {
        if (name === "last" || name === "child") await setImmediate();
      },
    });
    const deployment = await deploy({
      root: program("lifecycle"),
      stack,
      configuration: {},
      providers: cloud.providers,
      onProgress: (step) => {
        if ("name" in step) progress.push(`${step.kind} ${step.name}`);
      },
    });
    cloud.events.length = 0;
    await deployment.destroy();

    expect(cloud.events.filter((event) => event.startsWith("delete ")).sort()).toEqual([
      "delete child",
      "delete house",
      "delete last",
      "delete owner",
      "delete plain",
    ]);
    expect(progress).toContain("retained retained");
    expect(progress).toContain("deleted with");
    expect(progress.indexOf("deleted with")).toBeLessThan(progress.indexOf("deleting owner"));
    expect(progress.indexOf("deleted last")).toBeLessThan(progress.indexOf("deleting with"));
    expect(progress.indexOf("deleted child")).toBeLessThan(progress.indexOf("deleting house"));
    expect([...cloud.things.keys()].sort()).toEqual(["retained", "with"]);
  });

  it("deletes nothing when something is protected", async () => {
    const cloud = createCloud();
    const deployment = await deploy({
      root: program("lifecycle"),
      stack,
      configuration: { "lifecycle:protect": "true" },
      providers: cloud.providers,
    });
    const size = cloud.things.size;

    await expect(deployment.destroy()).rejects.toThrow(
      new DestructionError(
        'Nothing was deleted, since the program protects test:index:Thing "plain": take "protect" away first',
      ),
    );
    expect(cloud.things.size).toBe(size);
  });

  it("keeps what a failed deletion depends on, and goes on when called again", async () => {
    let broken = true;
    const cloud = createCloud({
      onDelete: (name) => {
        if (name === "second" && broken) throw new Error("it is in use");
      },
    });
    const deployment = await deploy({
      root: program("graph"),
      stack,
      configuration: {},
      providers: cloud.providers,
    });

    await expect(deployment.destroy()).rejects.toThrow(
      'test:index:Thing "second" was not deleted: it is in use',
    );
    expect([...cloud.things.keys()]).toEqual(["first", "second"]);

    broken = false;
    await deployment.destroy();
    expect(cloud.things.size).toBe(0);
  });
});

/** Lets nobody go on before all have come. */
function meeting(size: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let present = 0;
  return () => {
    present += 1;
    if (present === size) resolve();
    return promise;
  };
}

async function rejection(promise: Promise<unknown>): Promise<DeploymentError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeploymentError)) throw new Error("expected a DeploymentError", { cause: error });
  return error;
}

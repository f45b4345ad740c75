import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { runProgram } from "../../../sandbox/deploy/program.ts";
import { secret } from "../../../sandbox/deploy/properties.ts";
import { recordProgram } from "../../support/recorder.ts";
import { isRunning } from "../../support/running.ts";
import { program } from "./cloud.ts";

const root = program("configuration");
const given = { "configuration:token": "t", "okta:httpProxy": "http://127.0.0.1:1" };
const variable = "CREDENTIAL_OF_THE_SHELL";

afterEach(() => {
  delete process.env[variable];
});

describe("a program", () => {
  it("sees its configuration with defaults and secrets, its stack, and nothing else", async () => {
    process.env[variable] = "not for programs";
    const { outputs, error } = await recordProgram({
      root,
      start: runProgram,
      stack: "dev",
      organization: "acme",
      configuration: given,
      secretKeys: ["configuration:token"],
    });

    expect(error).toBeUndefined();
    expect(outputs).toMatchObject({
      greeting: "hello",
      limits: { size: 3, names: ["a", "b"] },
      enabled: true,
      count: 7,
      token: secret("t"),
      proxy: "http://127.0.0.1:1",
      names: ["acme", "configuration", "dev", false],
      directories: [`${root}/infra`, root],
    });
    expect(outputs["environment"]).toContain("PATH");
    expect(outputs["environment"]).not.toContain(variable);
  });

  it("sees what a stack sets in place of defaults, and that it runs for a preview", async () => {
    const { outputs } = await recordProgram({
      root,
      start: runProgram,
      stack: "dev",
      configuration: {
        ...given,
        "configuration:greeting": "good day",
        "configuration:limits": '{"size":9}',
        "configuration:enabled": "false",
        "configuration:count": "0",
      },
      secretKeys: ["configuration:token"],
      dryRun: true,
    });

    expect(outputs).toMatchObject({
      greeting: "good day",
      limits: { size: 9 },
      enabled: false,
      count: 0,
      names: ["organization", "configuration", "dev", true],
    });
  });

  it("ends when the process that started it is killed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "program-"));
    const parent = join(folder, "parent.ts");
    const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    await writeFile(
      parent,
      `import { recordProgram } from ${module("../../support/recorder.ts")};
      import { runProgram } from ${module("../../../sandbox/deploy/program.ts")};
      await recordProgram({
        root: ${JSON.stringify(program("failure"))},
        start: runProgram,
        stack: "dev",
        configuration: { "failure:mode": "endless" },
        outputs(thing) {
          process.stdout.write(String(thing.inputs["pid"]));
          return {};
        },
      });`,
    );
    const child = spawn(process.execPath, [parent], { stdio: ["ignore", "pipe", "inherit"] });
    const [output] = await once(child.stdout, "data");
    const pid = Number(output);
    onTestFinished(() => void (isRunning(pid) && process.kill(pid, "SIGKILL")));
    expect(isRunning(pid)).toBe(true);
    child.kill("SIGKILL");
    while (isRunning(pid)) await setImmediate();
  });

  it("is not started when its configuration is incomplete", async () => {
    await expect(recordProgram({ root, stack: "dev", configuration: {} })).rejects.toThrow(
      "Stack dev is missing configuration for configuration:token",
    );
  });
});

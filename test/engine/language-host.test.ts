import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { killTree, readOutputs } from "../../sandbox/engine/run.ts";
import { createCloud, program } from "../sandbox/deploy/cloud.ts";
import { describeEngine, startStack, wholeProgram } from "./support.ts";

const root = join(import.meta.dirname, "../..");

/**
 * A folder for the PATH with a language host as the one that Pulumi's distribution brings: a process of its own that the CLI
 * starts, that says its port, and that hands its environment on to programs.
 */
async function makeHost(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-host-"));
  const host = join(folder, "pulumi-language-nodejs");
  const module = join(root, "sandbox/engine/language-host.ts");
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(
    host,
    `#!${process.execPath}
import { serveLanguageHost } from ${JSON.stringify(module)};
const { address } = await serveLanguageHost(process.env, process.argv[2]);
process.stdout.write(address.slice(address.lastIndexOf(":") + 1) + "\\n");
`,
  );
  await chmod(host, 0o755);
  return folder;
}

describeEngine("with a language host on the PATH", { timeout: wholeProgram }, () => {
  let folder: string;

  beforeAll(async () => {
    folder = await makeHost();
    return () => rm(folder, { recursive: true, force: true });
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  /** The processes of that host, and those of the program that it runs. */
  const running = (program: string) =>
    execFileSync("ps", ["-A", "-o", "args="], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes(folder) || line.includes(`--root-directory=${program}`));

  async function start(name: string, configuration: Readonly<Record<string, string>>) {
    const [secretKeys, { providers }] = [["configuration:token"], createCloud()];
    const stack = await startStack({
      root: program(name),
      stack: "dev",
      configuration,
      secretKeys,
      providers,
      environment: { ADDRESS_OF_A_CLOUD: "http://127.0.0.1:1" },
    });
    onTestFinished(() => stack.close());
    return stack;
  }

  it("a program runs in the CLI's environment, and the message of one that fails is the host's", async () => {
    vi.stubEnv("PATH", [folder, process.env["PATH"]].join(delimiter));
    const failing = await start("failure", { "failure:mode": "exit" });
    const { code, diagnostics } = await failing.attempt("up");
    expect(code).not.toBe(0);
    expect(diagnostics.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("Program exited with non-zero exit code: 7"),
    );
    const working = await start("configuration", { "configuration:token": "t" });
    await working.run("up");
    const { environment } = await readOutputs(working.workspace);
    expect(environment).toEqual(expect.arrayContaining(["ADDRESS_OF_A_CLOUD", "PULUMI_CONFIG_PASSPHRASE"]));
    expect(running(program("configuration"))).toEqual([]);
  });

  it("none is left when the CLI is killed with all that descends from it", async () => {
    vi.stubEnv("PATH", [folder, process.env["PATH"]].join(delimiter));
    const stack = await start("failure", { "failure:mode": "endless" });
    const started = Promise.withResolvers<number>();
    const killed = stack.attempt("up", [], { onStart: started.resolve });
    const pid = await started.promise;
    await vi.waitFor(() => expect(running(program("failure"))).toHaveLength(2), { timeout: wholeProgram });
    killTree(pid);
    expect((await killed).code).toBeNull();
    await vi.waitFor(() => expect(running(program("failure"))).toEqual([]));
  });
});

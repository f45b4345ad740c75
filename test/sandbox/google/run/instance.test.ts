import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { startInstance } from "../../../../sandbox/google/run/instance.ts";
import { isRunning } from "../../../support/running.ts";

const SERVER = `require("node:http").createServer((_, response) => response.end("up")).listen(process.env.PORT);`;

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "instance-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

async function started(code: string) {
  const folder = await folderWith({ "server.cjs": code });
  return startInstance({
    arguments: [join(folder, "server.cjs")],
    folder,
    environment: { PORT: "8080" },
    clockSkewMilliseconds: 0,
    onLine: () => undefined,
    onExit: () => undefined,
  });
}

it("an instance that ignores SIGTERM is ended all the same", async () => {
  const instance = await started(`process.on("SIGTERM", () => {});${SERVER}`);
  expect(await (await fetch(`http://127.0.0.1:${instance.port}`)).text()).toBe("up");
  await instance.stop(50);
  expect([instance.hasExited(), isRunning(instance.pid)]).toEqual([true, false]);
});

it.each(["process.env.PORT", "8080", '8080, "0.0.0.0"', '{ port: process.env.PORT, host: "::" }'])(
  "two instances that are told the same port, and listen by listen(%s), have ports of their own, for this machine only",
  async (how) => {
    const code = SERVER.replace("listen(process.env.PORT)", `listen(${how})`);
    const instances = await Promise.all([started(code), started(code)]);
    onTestFinished(async () => {
      for (const instance of instances) await instance.kill();
    });
    const [one, other] = instances.map(({ port }) => port);
    expect(one).not.toBe(other);
    for (const port of [one, other]) {
      expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("up");
      for (const host of ["127.0.0.2", "[::1]"]) {
        await expect(fetch(`http://${host}:${port}`)).rejects.toThrow("fetch failed");
      }
    }
  },
);

it("an instance ends when the process that started it is killed", async () => {
  const module = fileURLToPath(new URL("../../../../sandbox/google/run/instance.ts", import.meta.url));
  const folder = await folderWith({
    "server.cjs": SERVER,
    "parent.ts": `
      import { startInstance } from ${JSON.stringify(module)};
      const nothing = () => undefined;
      const environment = { PORT: "8080" };
      const folder = import.meta.dirname;
      const { pid } = await startInstance({ arguments: [folder + "/server.cjs"], folder, environment, clockSkewMilliseconds: 0, onLine: nothing, onExit: nothing });
      process.stdout.write(String(pid));`,
  });
  const parent = spawn(process.execPath, [join(folder, "parent.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output] = await once(parent.stdout, "data");
  const pid = Number(output);
  expect(isRunning(pid)).toBe(true);
  parent.kill("SIGKILL");
  while (isRunning(pid)) await turn();
});

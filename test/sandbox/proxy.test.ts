import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { proxyFault } from "../../sandbox/own-machine.ts";

const proxy = { HTTP_PROXY: "http://proxy.acme.test:3128" };

it.each([
  ["no proxy is configured", { NODE_USE_ENV_PROXY: "1" }, []],
  ["Node.js is not configured to use it", proxy, []],
  ["this machine is left out", { ...proxy, NODE_USE_ENV_PROXY: "1", NO_PROXY: ".acme.test, 127.0.0.1" }, []],
  ["everything is left out", { ...proxy, no_proxy: "*" }, ["--use-env-proxy"]],
])("the sandbox starts where %s", (_, environment, options) => {
  expect(proxyFault(environment, options)).toBeUndefined();
});

it.each([
  [{ ...proxy, NODE_USE_ENV_PROXY: "1" }, []],
  [{ http_proxy: "http://proxy.acme.test:3128", NODE_USE_ENV_PROXY: "1", NO_PROXY: "acme.test" }, []],
  [proxy, ["--use-env-proxy"]],
  [{ ...proxy, NODE_OPTIONS: "--max-old-space-size=512 --use-env-proxy" }, []],
])(
  "the sandbox refuses to start where its own requests would go to a proxy: %j %j",
  (environment, options) => {
    expect(proxyFault(environment, options)).toContain("add 127.0.0.1 to NO_PROXY");
  },
);

it("npm start says so in one sentence", async () => {
  const environment = {
    PATH: process.env["PATH"],
    NODE_USE_ENV_PROXY: "1",
    HTTP_PROXY: "http://127.0.0.1:9",
  };
  const index = join(import.meta.dirname, "../../sandbox/index.ts");
  const printed = await new Promise<string>((resolve) =>
    execFile(process.execPath, [index, "--once"], { env: environment }, (_error, stdout, stderr) => {
      resolve(stdout + stderr);
    }),
  );
  expect(printed).toBe(`${proxyFault(environment, [])}\n`);
});

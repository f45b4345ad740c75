import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

it("commands and the program keep what Node.js compiles in the project's folder, and the program's stacks are Node.js' own", async () => {
  const script = `
    const { getCompileCacheDir } = require("node:module");
    require("source-map-support/register");
    const mapped = Error.prepareStackTrace !== undefined;
    require("./infra/quick-start.cjs").writePlainStacks();
    console.log(JSON.stringify({ folder: getCompileCacheDir(), mapped, plain: Error.prepareStackTrace === undefined }));
  `;
  const words = ["--require", "./infra/require-node.cjs", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, words, {
    cwd: root,
    env: { ...process.env, NODE_COMPILE_CACHE: undefined },
  });
  expect(JSON.parse(stdout)).toEqual({
    folder: expect.stringContaining(join(root, ".cache", "compiled")),
    mapped: true,
    plain: true,
  });
});

import { execFile } from "node:child_process";
import { copyFile, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

/** Notes that a server listens, in place of doing so. */
const NOTING = `require("node:net").Server.prototype.listen = (port) => console.log("listens on " + port);`;

it.each([
  ["opens its port when its function is loaded", "Promise.resolve()", "listens on 8080\n"],
  ["keeps its port, by which Cloud Run takes it for started, closed until then", "new Promise(() => {})", ""],
])("a service %s", async (_case, loaded, printed) => {
  const folder = await mkdtemp(join(tmpdir(), "service-"));
  await copyFile(join(import.meta.dirname, "../../function/archive/index.js"), join(folder, "index.js"));
  await writeFile(join(folder, "noting.cjs"), NOTING);
  await writeFile(
    join(folder, "receive.cjs"),
    `exports.receive = Object.assign(() => {}, { loaded: ${loaded} });`,
  );
  const words = ["--require", join(folder, "noting.cjs"), join(folder, "index.js"), "receive"];
  const { stdout } = await promisify(execFile)(process.execPath, words, { env: { PORT: "8080" } });
  expect(stdout).toBe(printed);
});

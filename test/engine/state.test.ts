import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { describeEngine, startSandbox, wholeProgram } from "./support.ts";

/** All text of a folder. */
async function readAll(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, "latin1")))).join("\n");
}

describeEngine("what the engine writes and prints", { timeout: wholeProgram }, () => {
  it("holds no secret in the clear: state, previews, updates, outputs", async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    const { workspace, clouds } = sandbox;
    const printed: string[] = [];
    const run = async (verb: "preview" | "up", ...words: string[]) => {
      const { code, text } = await sandbox.attempt(verb, words);
      expect(code, text).toBe(0);
      printed.push(text);
    };
    await run("preview", "--diff");
    await run("up", "--diff");
    const first = await hookSecret(sandbox);
    await workspace.configure({ "signin-groups:hookSecretRotation": "2" });
    await run("preview", "--diff");
    await run("up", "--diff");
    const second = await hookSecret(sandbox);
    expect(second).not.toBe(first);

    const state = await readAll(String(workspace.variables["PULUMI_BACKEND_URL"]).replace("file://", ""));
    expect(state).toContain("signin-groups-event-hook");
    const text = printed.join("\n");
    expect(text).toContain("signin-groups-event-hook");
    for (const secret of [first, second, clouds.okta.apiToken]) {
      expect(state).not.toContain(secret);
      expect(text).not.toContain(secret);
    }
  });
});

/** The secret that Okta sends now, seen by a receiver of the test's own in the place of ours. */
async function hookSecret({ clouds }: Awaited<ReturnType<typeof startSandbox>>): Promise<string> {
  const headers = { authorization: `Bearer ${clouds.google.deployerToken}` };
  const get = async (path: string): Promise<unknown> =>
    (await fetch(`${clouds.google.url}/v1/${path}`, { headers })).json();
  const { secrets } = (await get("projects/signin-groups-sandbox/secrets")) as {
    secrets: { name: string }[];
  };
  const [secret] = secrets;
  const { payload } = (await get(`${secret?.name}/versions/latest:access`)) as { payload: { data: string } };
  return Buffer.from(payload.data, "base64").toString();
}

import { expect, it, onTestFinished } from "vitest";
import { readOutputs } from "../../sandbox/engine/run.ts";
import { groupIdOf, names } from "./actions.ts";
import { describeEngine, type Sandbox, startSandbox, wholeProgram } from "./support.ts";

type Entry = Readonly<Record<string, unknown>>;

/** Calls Google Cloud as an administrator. */
async function administer({ clouds: { google } }: Sandbox, method: string, path: string): Promise<Entry> {
  const response = await fetch(`${google.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${google.deployerToken}` },
  });
  expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true);
  return response.status === 204 ? {} : Object(await response.json());
}

/** Deletes the state bucket with what is in it. */
async function deleteBucket(sandbox: Sandbox): Promise<string> {
  const { stateBucket } = await readOutputs(sandbox.workspace);
  const bucket = String(stateBucket);
  const { items } = await administer(sandbox, "GET", `/storage/v1/b/${bucket}/o`);
  for (const object of Array.isArray(items) ? items : []) {
    const name = encodeURIComponent(String(Reflect.get(Object(object), "name")));
    await administer(sandbox, "DELETE", `/storage/v1/b/${bucket}/o/${name}`);
  }
  await administer(sandbox, "DELETE", `/storage/v1/b/${bucket}`);
  return bucket;
}

/** What reconcile knows of the stack's beginning. */
async function beginningOf(sandbox: Sandbox): Promise<unknown> {
  const [, name] =
    sandbox.clouds.google
      .leftovers()
      .map((leftover) => /^function (.*reconcile.*)$/.exec(leftover))
      .find((match) => match !== null) ?? [];
  const { serviceConfig } = await administer(sandbox, "GET", `/v2/${name}`);
  return Object(Object(serviceConfig).environmentVariables).STACK_SINCE;
}

describeEngine("the state bucket", { timeout: wholeProgram }, () => {
  it("is made again after it was deleted, and who signed in without it becomes a member", async () => {
    const entries: Entry[] = [];
    const sandbox = await startSandbox({ "signin-groups:protectGroups": "true" }, {}, (notice) => {
      if (notice.kind === "function-log" && notice.function.includes("reconcile")) entries.push(notice.line);
    });
    onTestFinished(() => sandbox.close());
    const { clouds } = sandbox;
    await sandbox.run("up");
    await clouds.runJobs();
    const beginning = await beginningOf(sandbox);
    expect(Date.parse(String(beginning))).toBeLessThanOrEqual(Date.now());

    const lost = await deleteBucket(sandbox);
    // Nobody hears of this sign-in but the System Log.
    clouds.okta.faults.deliveries.push({ trouble: { kind: "lost" } });
    const login = "without-a-bucket@example.com";
    const { id } = clouds.okta.createPerson({ login, displayName: login });
    clouds.okta.signIn([{ kind: "success", login }]);
    const isMember = async () => clouds.okta.isMember(await groupIdOf(sandbox.workspace, "App Users"), id);
    entries.length = 0;
    await clouds.runJobs();
    await clouds.runJobs();
    expect(await isMember()).toBe(false);
    const errors = entries.filter(({ severity }) => severity === "ERROR");
    expect(errors).toEqual([
      expect.objectContaining({
        fault: "bucket-gone",
        bucket: lost,
        remedy: expect.stringContaining("pulumi up --refresh"),
      }),
    ]);

    const { create, update } = await sandbox.run("up", "--refresh");
    expect(create).toEqual(names("reconcile-keeps-state", "state"));
    expect(update).toEqual(names("reconcile"));
    expect(await beginningOf(sandbox)).toBe(beginning);
    await clouds.runJobs();
    expect(await isMember()).toBe(true);

    const refused = await sandbox.attempt("destroy");
    expect(refused.code).not.toBe(0);
    expect(refused.text).toMatch(/signin-groups-state.*protect/s);
  });
});

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { copyProgram, edit, names, nothing } from "./actions.ts";
import { describeEngine, startSandbox, wholeProgram } from "./support.ts";
import { createTrafficWatch } from "./traffic.ts";

const automatic = "replication: { auto: {} },";
const inTheRegion = "replication: { userManaged: { replicas: [{ location: args.region }] } },";

describeEngine("the hook's secret", { timeout: wholeProgram }, () => {
  it("moves from automatic replication to the stack's region while people sign in, and nobody is refused", async () => {
    const root = await copyProgram();
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const program = join(root, "infra/google/hook-secret.ts");
    const { watch, start } = createTrafficWatch();
    const sandbox = await startSandbox({ "signin-groups:hookSecretRotation": "2" }, { root }, watch);
    onTestFinished(() => sandbox.close());
    const { google, okta } = sandbox.clouds;
    okta.limits.rates.groups = 1_000_000;

    const { allowed } = google.locations;
    google.locations.allowed = undefined;
    await edit(program, inTheRegion, automatic);
    await sandbox.run("up");
    google.locations.allowed = allowed;

    const traffic = start({ clouds: sandbox.clouds });
    await traffic.more(20);
    sandbox.takeWrites();
    await edit(program, automatic, inTheRegion);
    const { same: _same, ...done } = await sandbox.run("up");
    const writes = sandbox.takeWrites();
    await traffic.more(20);
    const { refusedDeliveries, unannounced } = await traffic.stop();

    expect(done).toEqual({
      ...nothing,
      update: names("receive"),
      // Secret and version have the same name by the number of the rotation.
      replace: names("hook-secret", "hook-secret-1", "hook-secret-2", "receive-reads-secret"),
    });
    expect({ refusedDeliveries, unannounced }).toEqual({ refusedDeliveries: [], unannounced: [] });
    const served = writes.findIndex((call) => /^PATCH .*\/functions\//.test(call));
    const deleted = writes.findIndex((call) => /^DELETE .*\/secrets\//.test(call));
    expect(served).toBeGreaterThanOrEqual(0);
    expect(deleted, "the old secret goes when the receiver no longer reads it").toBeGreaterThan(served);
    expect(await sandbox.run("up")).toMatchObject(nothing);
  });
});

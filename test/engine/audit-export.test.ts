import { expect, it, onTestFinished } from "vitest";
import { readOutputs } from "../../sandbox/engine/run.ts";
import { getsIn, names, nothing } from "./actions.ts";
import { describeEngine, type Sandbox, startSandbox, wholeProgram } from "./support.ts";

describeEngine("the export of audit records", { timeout: wholeProgram }, () => {
  const exported = async ({ clouds, workspace }: Sandbox) => {
    const { auditDestination } = await readOutputs(workspace);
    return clouds.google.exportedTo(String(auditDestination)).length;
  };

  it("begins with an update, goes on over changes of the dataset, and moves to Pub/Sub only when the records may go", async () => {
    const sandbox = await startSandbox({
      "signin-groups:hosting": "service",
      "signin-groups:protectGroups": "true",
    });
    onTestFinished(() => sandbox.close());
    const { clouds, run, attempt, workspace } = sandbox;
    const made = await run("up");
    await workspace.configure({ "signin-groups:auditExport": "bigquery" });
    const begun = await run("up");
    expect(begun.create).toEqual(
      names("alert-audit-export", "audit", "audit-id", "audit-sink-writes", "audit-to-bigquery", "bigquery"),
    );
    expect(begun).toMatchObject({ update: [], replace: [], delete: [] });
    expect(await getsIn(sandbox, "first@example.com")).toBe(true);
    expect(await exported(sandbox)).toBe(1);

    const unchanged = { ...nothing, same: made.create.length + begun.create.length };
    expect(await run("up"), "an up without a change").toEqual(unchanged);
    expect(await run("up", "--refresh"), "an up with a refresh").toEqual(unchanged);

    // A change sends the dataset as a whole, with the list of who may do what in it.
    await workspace.configure({ "signin-groups:auditRetention": "30d" });
    expect(await run("up")).toEqual({ ...unchanged, update: names("audit"), same: unchanged.same - 1 });
    expect(await getsIn(sandbox, "second@example.com")).toBe(true);
    expect(await exported(sandbox)).toBe(2);

    // The other destination would delete the records.
    const topic = { "signin-groups:auditExport": "pubsub", "signin-groups:auditRetention": "31d" };
    await workspace.configure(topic);
    const refused = await attempt("preview");
    expect(refused.code).not.toBe(0);
    expect(refused.text).toContain('signin-groups-audit" cannot be deleted');
    await workspace.configure({
      "signin-groups:auditExport": "bigquery",
      "signin-groups:protectGroups": "false",
    });
    await run("up");
    await workspace.configure(topic);
    const moved = await run("up");
    // A sink keeps the options of its destination.
    expect(moved.create).toEqual(names("audit", "audit-sink-publishes", "audit-to-pubsub", "pubsub"));
    expect(await getsIn(sandbox, "third@example.com")).toBe(true);
    expect(await exported(sandbox)).toBe(1);

    await run("destroy");
    expect(clouds.leftovers()).toEqual([]);
  });
});

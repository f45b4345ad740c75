import { expect, it, onTestFinished } from "vitest";
import { getsIn, nothing } from "./actions.ts";
import { describeEngine, type Sandbox, startSandbox, wholeProgram } from "./support.ts";

/** Changes one of the stack's services as a person does by the console or gcloud. */
async function changeByHand({ clouds }: Sandbox, name: string, body: object): Promise<void> {
  const { google } = clouds;
  const service = google
    .leftovers()
    .map((leftover) => /^Cloud Run service (\S+)$/.exec(leftover)?.[1] ?? "")
    .find((one) => one.includes(`/services/signin-groups-${name}-`));
  const headers = { authorization: `Bearer ${google.deployerToken}`, "content-type": "application/json" };
  const call = async (method: string, path: string, text?: string) => {
    const response = await fetch(`${google.url}/v2/${path}`, { method, headers, body: text ?? null });
    // An operation (google.longrunning.Operation).
    return (await response.json()) as { name: string; done: boolean; error?: { message: string } };
  };
  const path = `${service}?updateMask=${Object.keys(body).join(",")}`;
  let operation = await call("PATCH", path, JSON.stringify(body));
  while (!operation.done) operation = await call("GET", operation.name);
  expect(operation.error).toBeUndefined();
}

describeEngine("the program on Cloud Run services", { timeout: wholeProgram }, () => {
  it("lives: up, a sign-in, up without a change, changes by hand that are repaired, destroy", async () => {
    const sandbox = await startSandbox({ "signin-groups:hosting": "service" });
    onTestFinished(() => sandbox.close());
    const { clouds, run, takeWrites } = sandbox;
    const made = await run("up");
    expect(await getsIn(sandbox, "first@example.com")).toBe(true);

    takeWrites();
    const unchanged = { ...nothing, same: made.create.length };
    expect(await run("up"), "an up without a change").toEqual(unchanged);
    expect(await run("refresh"), "a refresh").toEqual(unchanged);
    expect(await run("up"), "an up after the refresh").toEqual(unchanged);
    expect(takeWrites(), "no change means no write").toEqual([]);

    // Everybody is refused then, Okta as well.
    await changeByHand(sandbox, "receive", { invokerIamDisabled: false });
    // Cloud Tasks still gets through, and so does the whole internet.
    await changeByHand(sandbox, "grant", { ingress: "INGRESS_TRAFFIC_ALL", invokerIamDisabled: true });
    expect((await run("up", "--refresh")).update).toEqual(["signin-groups-grant", "signin-groups-receive"]);
    expect(await getsIn(sandbox, "second@example.com")).toBe(true);
    expect(await run("up", "--refresh"), "an up after the repair").toEqual(unchanged);

    expect(await run("destroy")).toEqual({ ...nothing, delete: made.create, same: 0 });
    expect(clouds.leftovers()).toEqual([]);
  });
});

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyProgram, edit, getsIn, nothing } from "./actions.ts";
import { describeEngine, type Sandbox, startSandbox, wholeProgram } from "./support.ts";

describeEngine("an update of a Cloud Run service that failed", { timeout: wholeProgram }, () => {
  let root: string;
  let sandbox: Sandbox;

  beforeAll(async () => {
    root = await copyProgram();
    sandbox = await startSandbox({ "signin-groups:hosting": "service" }, { root });
    await sandbox.run("up");
  }, wholeProgram);

  afterAll(async () => {
    await sandbox?.close();
    await rm(root, { recursive: true, force: true });
  });

  /** Runs an update that has to fail. @returns its text */
  async function fails(): Promise<string> {
    const { code, text } = await sandbox.attempt("up");
    expect(code, text).not.toBe(0);
    return text;
  }

  it("because Google refused it is not green, though nothing is left to change, until the named command repairs it", async () => {
    const signals = join(root, "function/shared/signals.ts");
    await edit(signals, '"Took a delivery."', '"Took a delivery. "');
    const rule = { group: "App Users", on: ["user.session.start"], when: 'event.actor.type == "User"' };
    await sandbox.workspace.configure({
      "signin-groups:rules": JSON.stringify([rule]),
      "signin-groups:receiveMemory": "768Mi",
    });
    sandbox.clouds.google.faults.refuse = (method, path) =>
      method === "PATCH" && path.includes("/services/signin-groups-receive-")
        ? { status: 400, message: "A fault is switched on." }
        : undefined;
    expect(await fails()).toContain("A fault is switched on.");
    sandbox.clouds.google.faults.refuse = undefined;

    const second = await fails();
    expect(second).toContain('The function "receive" still runs its previous code: its last update failed');
    for (const path of ["args.0", "resources.limits.memory", "envs.RULES", "cloudStorageSource.object"]) {
      expect(second).toContain(path);
    }
    expect(second).toContain("run: pulumi up --refresh");
    expect(await getsIn(sandbox, "refused@example.com")).toBe(true);

    expect((await sandbox.run("up", "--refresh")).update).toEqual(["signin-groups-receive"]);
    expect(await sandbox.run("up")).toMatchObject(nothing);
  });

  it("because its revision does not start leaves the one before serving, and is not green until it starts", async () => {
    const receive = join(root, "infra/receive.ts");
    await edit(receive, "GRANT_URL: args.grant.uri,", "");
    expect(await fails()).toContain("GRANT_URL");
    for (const _attempt of [1, 2]) {
      expect(await fails()).toContain('The service of "receive" does not run what was declared');
    }
    expect(await getsIn(sandbox, "not-started@example.com")).toBe(true);

    await edit(receive, "QUEUE: queue.id,", "QUEUE: queue.id,\n    GRANT_URL: args.grant.uri,");
    expect((await sandbox.run("up")).update).toEqual(["signin-groups-receive"]);
    expect(await sandbox.run("up")).toMatchObject(nothing);
  });

  it("because it lacked a right for a while is repaired by the command that the next update names", async () => {
    const { url, deployerToken, leftovers } = sandbox.clouds.google;
    const headers = { authorization: `Bearer ${deployerToken}`, "content-type": "application/json" };
    const secret = leftovers()
      .map((leftover) => /(projects\/\S+\/secrets\/[\w-]+)/.exec(leftover)?.[1])
      .find((name) => name !== undefined);
    const body = JSON.stringify({ policy: { bindings: [] } });
    const taken = await fetch(`${url}/v1/${secret}:setIamPolicy`, { method: "POST", headers, body });
    expect(taken.status).toBe(200);
    await sandbox.workspace.configure({ "signin-groups:receiveMemory": "1Gi" });
    await fails();

    const [, command = ""] = /run: pulumi up (--refresh --replace '[^']+')/.exec(await fails()) ?? [];
    const words = command.replaceAll("'", "").split(" ");
    const repaired = await sandbox.attempt("up", words);
    expect(repaired.code, repaired.text).toBe(0);
    expect(await getsIn(sandbox, "repaired@example.com")).toBe(true);
    expect(await sandbox.run("up")).toMatchObject(nothing);
  });
});

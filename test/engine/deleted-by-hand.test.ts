import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { deleteFromState } from "../../sandbox/engine/run.ts";
import { getsIn, nothing } from "./actions.ts";
import { describeEngine, type Sandbox, startSandbox, wholeProgram } from "./support.ts";

/** A resource as the state has it. */
interface Kept {
  readonly urn: string;
  readonly id: string;
}

/** The resources of a type in the state, such as `okta:app/oAuth:OAuth`. */
async function keptOf({ workspace }: Sandbox, type: string): Promise<Kept[]> {
  const folder = String(workspace.variables["PULUMI_BACKEND_URL"]).replace(/^file:\/\//, "");
  const file = join(folder, ".pulumi/stacks/signin-groups", `${workspace.stack}.json`);
  const state: { checkpoint: { latest: { resources: (Kept & { type: string })[] } } } = JSON.parse(
    await readFile(file, "utf8"),
  );
  return state.checkpoint.latest.resources.filter((resource) => resource.type === type);
}

/** Deletes something by the API, as an administrator does by the console; some kinds are switched off before. */
async function deleteByHand({ clouds }: Sandbox, path: string): Promise<void> {
  const isOktas = /^\/(api|oauth2)\//.test(path);
  const { url, authorization } = isOktas
    ? { url: clouds.okta.url, authorization: `SSWS ${clouds.okta.apiToken}` }
    : { url: clouds.google.url, authorization: `Bearer ${clouds.google.deployerToken}` };
  const call = (method: string, place: string) => fetch(url + place, { method, headers: { authorization } });
  if (/\/(apps|eventHooks)\/[^/]+$/.test(path)) await call("POST", `${path}/lifecycle/deactivate`);
  const { ok, status } = await call("DELETE", path);
  expect(ok, `DELETE ${path}: ${status}`).toBe(true);
}

// docs/deleted-by-hand.md says what each of these does, and which command goes on from there.
describeEngine("what was deleted by hand", { timeout: wholeProgram }, () => {
  it("is made anew by up --refresh, and is not an obstacle to destroy --refresh", async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    await sandbox.run("up");

    const kinds: readonly (readonly [type: string, path: (id: string) => string])[] = [
      ["okta:group/group:Group", (id) => `/api/v1/groups/${id}`],
      ["okta:index/eventHook:EventHook", (id) => `/api/v1/eventHooks/${id}`],
      ["gcp:cloudtasks/queue:Queue", (id) => `/v2/${id}`],
      ["gcp:cloudscheduler/job:Job", (id) => `/v1/${id}`],
      ["gcp:cloudfunctionsv2/function:Function", (id) => `/v2/${id}`],
      ["gcp:secretmanager/secret:Secret", (id) => `/v1/${id}`],
      ["gcp:serviceaccount/account:Account", (id) => `/v1/${id}`],
      ["gcp:artifactregistry/repository:Repository", (id) => `/v1/${id}`],
      ["gcp:logging/metric:Metric", (id) => `/v2/${id}`],
      ["gcp:monitoring/alertPolicy:AlertPolicy", (id) => `/v3/${id}`],
      ["gcp:monitoring/slo:Slo", (id) => `/v3/${id}`],
      ["gcp:monitoring/customService:CustomService", (id) => `/v3/${id}`],
      ["gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig", (id) => `/v3/${id}`],
      ["gcp:monitoring/dashboard:Dashboard", (id) => `/v1/${id}`],
    ];
    const deleteAll = async (): Promise<void> => {
      for (const [type, path] of kinds) {
        const kept = await keptOf(sandbox, type);
        expect(kept.length, type).toBeGreaterThan(0);
        for (const { id } of kept) await deleteByHand(sandbox, path(id));
      }
    };
    await deleteAll();
    const made = await sandbox.attempt("up", ["--refresh"]);
    expect(made.code, made.text).toBe(0);
    expect(await getsIn(sandbox, "after-the-loss@example.com")).toBe(true);

    await deleteAll();
    const destroyed = await sandbox.attempt("destroy", ["--refresh"]);
    expect(destroyed.code, destroyed.text).toBe(0);
    // Google keeps what a deleted service account was granted, under a name that nobody can have again.
    const left = sandbox.clouds.leftovers().filter((one) => !/ for deleted:serviceAccount:\S+$/.test(one));
    expect(left).toEqual([]);
  });

  it("is an app or its role: a rotation that revokes makes new ones, and one command forgets the app", async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    const roleOf = async (): Promise<string> => {
      const roles = await keptOf(sandbox, "okta:app/oauthRoleAssignment:OauthRoleAssignment");
      const role = roles.find(({ id }) => id.startsWith("ra1"));
      const apps = await keptOf(sandbox, "okta:app/oAuth:OAuth");
      const writer = apps.find(({ urn }) => urn.includes("service-app"));
      return `/oauth2/v1/clients/${writer?.id}/roles/${role?.id}`;
    };
    const rotate = (to: number) =>
      sandbox.workspace.configure({
        "signin-groups:signingKeyRotation": String(to),
        "signin-groups:signingKeyRevoked": String(to - 1),
      });
    await sandbox.run("up");

    await deleteByHand(sandbox, await roleOf());
    const refreshed = await sandbox.attempt("refresh");
    expect(refreshed.code).not.toBe(0);
    expect(refreshed.text).toMatch(/404 .*\(RoleAssignment\)/);
    await rotate(2);
    await sandbox.run("up");
    expect(await sandbox.run("up", "--refresh")).toMatchObject(nothing);
    expect(await getsIn(sandbox, "after-the-role@example.com")).toBe(true);

    await deleteByHand(sandbox, await roleOf());
    const [role] = await keptOf(sandbox, "okta:index/adminRoleCustom:AdminRoleCustom");
    await deleteByHand(sandbox, `/api/v1/iam/roles/${role?.id}`);
    await rotate(3);
    const refused = await sandbox.attempt("up");
    expect(refused.text, "the new assignment names the custom role that is gone").toMatch(/\(CustomRole\)/);
    const forgotten = await sandbox.attempt("refresh");
    expect(forgotten.code, "as before").not.toBe(0);
    await sandbox.run("up");
    expect(await sandbox.run("up", "--refresh")).toMatchObject(nothing);
    expect(await getsIn(sandbox, "after-the-custom-role@example.com")).toBe(true);

    const apps = await keptOf(sandbox, "okta:app/oAuth:OAuth");
    const app = apps.find(({ urn }) => urn.endsWith("service-app-3"));
    await deleteByHand(sandbox, `/api/v1/apps/${app?.id}`);
    await rotate(4);
    const stopped = await sandbox.attempt("up");
    expect(stopped.code).not.toBe(0);
    expect(stopped.text).toMatch(/404 .*\(AppInstance\)/);
    expect(await getsIn(sandbox, "before-the-end@example.com")).toBe(true);
    expect(await deleteFromState(sandbox.workspace, String(app?.urn))).toBe(true);
    await sandbox.run("up");
    expect(await sandbox.run("up", "--refresh")).toMatchObject(nothing);

    // With its app a role goes without a call, so that it is not an obstacle.
    await deleteByHand(sandbox, await roleOf());
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });
});

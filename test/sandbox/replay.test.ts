import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Deployment, deployEmbedded } from "../../sandbox/deploy/embedded.ts";
import { type Clouds, programFor, startClouds } from "../../sandbox/environment.ts";
import { runHere } from "../cli/run-here.ts";
import { delivery, signInEvent } from "../support/deliveries.ts";
import { runInSharedProcess } from "../support/programs.ts";

let clouds: Clouds;
let deployment: Deployment;
let folder: string;
let groupId: string;

beforeAll(async () => {
  clouds = await startClouds({ onOkta: () => undefined, onGoogle: () => undefined });
  const signal = new AbortController().signal;
  deployment = await deployEmbedded({
    ...programFor(clouds),
    start: runInSharedProcess,
    onProgress: () => undefined,
    signal,
  });
  groupId = String(Reflect.get(Object(deployment.outputs["groupIds"]), "App Users"));
  folder = await mkdtemp(join(tmpdir(), "signin-groups-replay-"));
  await writeFile(join(folder, "outputs.json"), JSON.stringify(deployment.outputs));
  // Nobody hears of a sign-in but the System Log.
  clouds.okta.faults.deliveries.push({ trouble: { kind: "lost" } });
}, 120_000);

afterAll(async () => {
  await deployment.destroy();
  await clouds.close();
  await rm(folder, { recursive: true });
});

/** Calls Google Cloud as an administrator. */
async function administer(method: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${clouds.google.url}/${path}`, {
    method,
    headers: { authorization: `Bearer ${clouds.google.deployerToken}` },
  });
  expect(response.status, `${method} ${path}`).toBe(200);
  return Object(await response.json());
}

async function replay(...options: string[]): Promise<{ readonly counts: unknown; readonly state: unknown }> {
  const words = ["replay", "--outputs", join(folder, "outputs.json"), "--json", ...options];
  const { code, stdout } = await runHere(words, {
    ...process.env,
    CLOUD_TASKS_ENDPOINT: clouds.google.url,
    CLOUD_STORAGE_ENDPOINT: clouds.google.url,
    GOOGLE_OAUTH_ACCESS_TOKEN: clouds.google.deployerToken,
  });
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

it("puts a window of the past through the rules, as often as one likes", async () => {
  const { okta } = clouds;
  const people = ["early", "late"].map((name) => {
    const login = `${name}@acme.example`;
    return { login, id: okta.createPerson({ login, displayName: name }).id };
  });
  okta.createPerson({ login: "forgetful@acme.example", displayName: "Forgetful" });
  for (const { login } of people) okta.signIn([{ kind: "success", login }]);
  okta.signIn([{ kind: "wrong-password", login: "forgetful@acme.example" }]);
  // A window ends before the present millisecond.
  for (const last = Date.now(); Date.now() === last; ) await setImmediate();
  const members = () => people.filter(({ id }) => okta.isMember(groupId, id)).length;

  const dry = await replay("--since", "1h", "--dry-run");
  expect(dry).toMatchObject({ state: "done", dryRun: true, counts: { events: 2, wanted: 2, queued: 0 } });
  await clouds.idle();
  expect(members()).toBe(0);

  const real = await replay("--since", "1h");
  expect(real).toMatchObject({ state: "done", dryRun: false, counts: { events: 2, wanted: 2, queued: 2 } });
  await clouds.idle();
  expect(members()).toBe(2);

  // The queue remembers the tasks of the replay before, and must not swallow these.
  const again = await replay("--since", "1h");
  expect(again).toMatchObject({ counts: { queued: 2 } });
  await clouds.idle();
  expect(members()).toBe(2);
});

it("brings in who was honest after a leak, whose made-up sign-ins went with the queue's tasks", async () => {
  const { okta, idle } = clouds;
  const queue = String(deployment.outputs["queue"]);
  const [project = ""] = /^projects\/[^/]+/.exec(queue) ?? [];
  const listed = (await administer("GET", `v1/${project}/secrets`))["secrets"];
  const [secret] = Array.isArray(listed) ? listed : [];
  const version = await administer("GET", `v1/${secret.name}/versions/latest:access`);
  const leaked = Buffer.from(String(Reflect.get(Object(version["payload"]), "data")), "base64").toString();
  const [honest, madeUp] = ["honest", "made-up"].map((name) => {
    const login = `${name}@acme.example`;
    return okta.createPerson({ login, displayName: name }).id;
  });

  await administer("POST", `v2/${queue}:pause`);
  okta.faults.deliveries.length = 0;
  okta.signIn([{ kind: "success", login: "honest@acme.example" }]);
  await okta.idle();
  const event = signInEvent({ actor: { id: madeUp, type: "User" } });
  const forged = await fetch(String(deployment.outputs["hookUrl"]), {
    method: "POST",
    headers: { authorization: `Bearer ${leaked}`, "content-type": "application/json" },
    body: JSON.stringify(delivery(event)),
  });
  expect(forged.status).toBe(204);
  expect((await administer("GET", `v2/${queue}/tasks`))["tasks"]).toHaveLength(2);

  await administer("POST", `v2/${queue}:purge`);
  await administer("POST", `v2/${queue}:resume`);
  await idle();
  expect([honest, madeUp].map((id) => okta.isMember(groupId, String(id)))).toEqual([false, false]);

  await replay("--since", "1h");
  await idle();
  expect([honest, madeUp].map((id) => okta.isMember(groupId, String(id)))).toEqual([true, false]);
});

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Deployment, deployEmbedded } from "../../sandbox/deploy/embedded.ts";
import { type Clouds, programFor, startClouds } from "../../sandbox/world.ts";

const run = promisify(execFile);
const command = join(import.meta.dirname, "../../infra/replay/index.ts");

let clouds: Clouds;
let deployment: Deployment;
let folder: string;
let groupId: string;

beforeAll(async () => {
  clouds = await startClouds({ onOkta: () => undefined, onGoogle: () => undefined });
  const signal = new AbortController().signal;
  deployment = await deployEmbedded({ ...programFor(clouds), onProgress: () => undefined, signal });
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

async function replay(...options: string[]): Promise<{ readonly counts: unknown; readonly state: unknown }> {
  const { stdout } = await run(
    process.execPath,
    [command, "--outputs", join(folder, "outputs.json"), "--json", ...options],
    {
      env: {
        ...process.env,
        CLOUD_TASKS_ENDPOINT: clouds.google.url,
        CLOUD_STORAGE_ENDPOINT: clouds.google.url,
        GOOGLE_OAUTH_ACCESS_TOKEN: clouds.google.deployerToken,
      },
    },
  );
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

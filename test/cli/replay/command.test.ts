import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseTask } from "../../../function/reconcile/task.ts";
import { googleError } from "../../support/google.ts";
import { BUCKET, knowsDev, outputs, progressOf, QUEUE, startDesk } from "../desk.ts";
import { giveProgress, storageError } from "../objects.ts";

const DAY = 86_400_000;
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const id = "0b0e7d4e-7c3b-4f43-9f0d-6a1c4a0f8e11";
const window = ["--since", "7d", "--until", "1d"];
const done = progressOf({
  state: "done",
  reached: "2026-11-10T23:00:00.000Z",
  counts: { events: 1204, wanted: 2, queued: 2 },
});

describe("a replay", () => {
  it("is begun by a task for reconcile and watched to its end", async () => {
    await using desk = await startDesk();
    const { google, objects } = desk;
    objects.answer = (look) =>
      look === 0 ? storageError(404) : giveProgress(look === 1 ? progressOf() : done);
    const before = Date.now();
    const { code, stdout, stderr } = await desk.run(["--stack", "dev", ...window]);
    const after = Date.now();

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [task] = google.tasks;
    expect(google.tasks).toHaveLength(1);
    const { id: begun, since = "", until = "" } = task?.body ?? {};
    expect(begun).toMatch(UUID);
    expect(task?.name).toBe(`${QUEUE}/tasks/replay-${begun}-0`);
    expect(task?.url).toMatch(/^https:/);
    expect(task?.body).toEqual({
      kind: "replay",
      continuationQueue: QUEUE,
      id: begun,
      since: new Date(Date.parse(until) - 6 * DAY).toISOString(),
      until,
      dryRun: false,
    });
    expect(parseTask(task?.body)).toEqual(task?.body);
    expect(Date.parse(until)).toBeGreaterThanOrEqual(before - DAY);
    expect(Date.parse(until)).toBeLessThanOrEqual(after - DAY);
    expect(new Set(objects.looks.map(({ bucket, name }) => `${bucket} ${name}`))).toEqual(
      new Set([`${BUCKET} replays/${begun}.json`]),
    );
    expect(stdout.split("\n")).toEqual([
      `Replaying Okta's System Log from ${short(since)} until ${short(until)} for stack "dev". People who signed in during this time are added to the groups.`,
      `Replay ${begun} has begun. It goes on when this command ends; to watch it again:`,
      `  npm run replay -- --stack dev --watch ${begun}`,
      "  0 %  nothing has been read yet",
      " 42 %  up to 2026-11-05T04:48:00Z  1,000 events, 1 membership wanted, 1 queued",
      "2 memberships of 1,204 events were queued; people who were members already cost no call.",
      "",
    ]);
  });

  it("prints one JSON object with --json", async () => {
    await using desk = await startDesk();
    desk.objects.answer = (look) => (look === 0 ? storageError(404) : giveProgress(done));
    const { code, stdout, stderr } = await desk.run(["--stack", "dev", ...window, "--json"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(stdout)).toEqual({
      id: desk.google.tasks[0]?.body["id"],
      since: done.since,
      until: done.until,
      dryRun: false,
      state: "done",
      counts: done.counts,
      seconds: expect.any(Number),
    });
    expect(stderr).toContain("2 memberships of 1,204 events were queued");
  });

  it("only counts with --dry-run", async () => {
    await using desk = await startDesk();
    const counts = { events: 1204, wanted: 2, queued: 0 };
    desk.objects.answer = (look) =>
      look === 0 ? storageError(404) : giveProgress({ ...done, dryRun: true, counts });
    const { code, stdout } = await desk.run(["--stack", "dev", ...window, "--dry-run"]);
    expect(code).toBe(0);
    expect(desk.google.tasks[0]?.body["dryRun"]).toBe(true);
    expect(stdout).toMatch(/^Counting what a replay of .* would do; nothing is queued\.\n/);
    expect(stdout).toContain("2 memberships of 1,204 events would be queued; people who are members");
  });

  it("is not watched with --no-wait, whose output is only the id", async () => {
    await using desk = await startDesk();
    desk.objects.answer = () => storageError(403);
    const { code, stdout, stderr } = await desk.run(["--stack", "dev", ...window, "--no-wait"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${desk.google.tasks[0]?.body["id"]}\n` });
    expect(stderr).toMatch(/^Replaying Okta's System Log/);
    expect(desk.objects.looks).toEqual([]);
  });

  it("is reported as queued with --no-wait --json", async () => {
    await using desk = await startDesk();
    const { code, stdout } = await desk.run(["--stack", "dev", ...window, "--no-wait", "--json"]);
    expect(code).toBe(0);
    const { id: begun, since, until } = desk.google.tasks[0]?.body ?? {};
    const counts = { events: 0, wanted: 0, queued: 0 };
    expect(JSON.parse(stdout)).toEqual({
      id: begun,
      since,
      until,
      dryRun: false,
      state: "queued",
      counts,
      seconds: expect.any(Number),
    });
  });

  it("can be watched again", async () => {
    await using desk = await startDesk();
    desk.objects.answer = () => giveProgress(done);
    const { code, stdout } = await desk.run(["--stack", "dev", "--watch", id]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Watching replay ${id} of stack "dev"\\.\n`));
    expect(stdout).toContain("2 memberships of 1,204 events were queued");
    expect(desk.google.tasks).toEqual([]);
    expect(desk.objects.looks).toMatchObject([{ bucket: BUCKET, name: `replays/${id}.json` }]);
  });

  it("that failed exits with 1 and says why", async () => {
    await using desk = await startDesk();
    const fault = "Okta refuses to read on (400 E0000031).";
    desk.objects.answer = () => giveProgress(progressOf({ state: "failed", fault }));
    const person = await desk.run(["--stack", "dev", "--watch", id]);
    expect(person.code).toBe(1);
    expect(person.stdout).toContain("Before it failed, 1 membership of 1,000 events was queued.");
    expect(person.stderr).toBe(`The replay failed. ${fault}\n`);
    const program = await desk.run(["--stack", "dev", "--watch", id, "--json"]);
    expect(program.code).toBe(1);
    expect(JSON.parse(program.stdout)).toMatchObject({ state: "failed", fault, counts: { events: 1000 } });
  });
});

describe("the stack's outputs", () => {
  it("may come from a file where there is no CLI", async () => {
    await using desk = await startDesk(null);
    desk.objects.answer = () => giveProgress(done);
    await writeFile(join(desk.folder, "my outputs.json"), JSON.stringify(outputs));
    const words = ["--outputs", "my outputs.json", ...window];
    const { code, stdout, stderr } = await desk.start(words).end;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("for the stack of my outputs.json");
    expect(stdout).toContain('npm run replay -- --outputs "my outputs.json" --watch ');
    expect(desk.google.tasks).toHaveLength(1);
  });

  const without = (...names: string[]) =>
    `printf '%s' '${JSON.stringify(Object.fromEntries(Object.entries(outputs).filter(([name]) => !names.includes(name))))}'`;

  it.each([
    [
      "another stack",
      knowsDev,
      "prod",
      /^The Pulumi CLI gives no outputs of stack "prod"\. It says:\nerror: no stack named 'prod' found\n/,
    ],
    [
      "a stack of before",
      without("continuationQueue", "stateBucket"),
      "dev",
      /^The outputs of stack "dev" lack continuationQueue and stateBucket: .* Run "pulumi up"\.\n/,
    ],
    [
      "one that lacks the bucket",
      without("stateBucket"),
      "dev",
      /^The outputs of stack "dev" lack stateBucket: /,
    ],
    [
      "a CLI that prints no JSON",
      "echo Updating",
      "dev",
      /^The outputs of stack "dev" are not a JSON object\.\n/,
    ],
    [
      "a queue that is none",
      `printf '%s' '{"continuationQueue":"q","stateBucket":"b"}'`,
      "dev",
      /is not the full name of a queue: q\n/,
    ],
    [
      "no CLI",
      null,
      "dev",
      /^There is no Pulumi CLI on the PATH\. [\s\S]* pulumi stack output --json --stack dev > outputs\.json\n/,
    ],
  ])("of %s cannot be looked at", async (_case, pulumi, stack, message) => {
    await using desk = await startDesk(pulumi);
    const { code, stdout, stderr } = await desk.run(["--stack", stack, ...window]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(message);
    expect(desk.google.tasks).toEqual([]);
  });

  it("cannot come from a file that is not there", async () => {
    await using desk = await startDesk();
    const { code, stderr } = await desk.run(["--outputs", "none.json", ...window]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^--outputs cannot be read: .*none\.json/);
  });
});

it.each([
  [["--stack", "dev"], /^--since is missing/],
  [["--stack", "dev", "--since", "1d", "--until", "2d"], /^--since \S+ is not before --until/],
  [
    ["--stack", "dev", "--since", "91d"],
    /^--since \S+ is too long ago: Okta keeps its System Log for 90 days/,
  ],
])("%j exits with 2 and does nothing", async (words, message) => {
  await using desk = await startDesk();
  const { code, stdout, stderr } = await desk.run(words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/\n\nnpm run replay -- --help says more\.\n$/);
  expect([desk.google.tasks, desk.objects.looks]).toEqual([[], []]);
});

it("--help exits with 0", async () => {
  await using desk = await startDesk(null);
  const { code, stdout, stderr } = await desk.run(["--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^Usage: npm run replay/);
});

describe("Google Cloud", () => {
  const words = ["--stack", "dev", ...window];

  it("that lets nobody put in a task is reported with the permission and the queue", async () => {
    await using desk = await startDesk();
    desk.google.behaviour = () => googleError(403, "PERMISSION_DENIED");
    const { code, stderr } = await desk.run(words);
    expect(code).toBe(3);
    expect(stderr).toContain(
      `You lack cloudtasks.tasks.create on ${QUEUE} (403). The role roles/cloudtasks.enqueuer`,
    );
    expect(stderr).toContain("set-quota-project acme-identity");
    expect(stderr).toMatch(/\nNo replay has begun\.\n$/);
  });

  it("that lets nobody read the bucket is reported with the permission and the bucket, before anything has begun", async () => {
    await using desk = await startDesk();
    desk.objects.answer = () => storageError(403);
    const { code, stderr } = await desk.run(words);
    expect(code).toBe(3);
    expect(stderr).toContain(`You lack storage.objects.get or storage.objects.list on gs://${BUCKET} (403).`);
    expect(stderr).toMatch(/\nNo replay has begun\.\n$/);
    expect(desk.google.tasks).toEqual([]);
  });

  it("that lets nobody read the bucket any more ends the watching only", async () => {
    await using desk = await startDesk();
    desk.objects.answer = (look) => storageError(look === 0 ? 404 : 403);
    const { code, stderr } = await desk.run(words);
    expect(code).toBe(3);
    expect(stderr).toMatch(/storage\.objects\.get[\s\S]*\nThis ends only the watching, not the replay\./);
    expect(stderr).toContain(`npm run replay -- --stack dev --watch ${desk.google.tasks[0]?.body["id"]}\n`);
  });

  it.each([
    [401, "UNAUTHENTICATED", /^Google Cloud does not accept your credentials \(401\)/],
    [404, "NOT_FOUND", /^There is no queue projects\/\S+ \(404\)\. The stack was destroyed/],
    [400, "FAILED_PRECONDITION", /^There is no queue projects\/\S+ \(400\)\. The stack was destroyed/],
    [400, "INVALID_ARGUMENT", /^Google Cloud refuses: Cloud Tasks tasks\.create: 400 INVALID_ARGUMENT\n/],
    [
      503,
      "UNAVAILABLE",
      /^Google Cloud was not reached: Cloud Tasks tasks\.create: 503 UNAVAILABLE\nWhether the replay has begun is not known\./,
    ],
  ])("that answers %i is reported", async (status, reason, message) => {
    await using desk = await startDesk();
    desk.google.behaviour = () => googleError(status, reason);
    const { code, stderr } = await desk.run(words);
    expect(code).toBe(3);
    expect(stderr).toMatch(message);
  });

  it("that is not reached is reported", async () => {
    await using desk = await startDesk();
    desk.objects.close();
    const { code, stderr } = await desk.run(words);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^Google Cloud was not reached: .*ECONNREFUSED.*\nNo replay has begun\.\n$/);
  });

  it("that holds something else than progress is reported", async () => {
    await using desk = await startDesk();
    desk.objects.answer = () => Response.json({ state: "flying" }, { headers: { "x-goog-generation": "1" } });
    const { code, stderr } = await desk.run(["--stack", "dev", "--watch", id]);
    expect(code).toBe(3);
    expect(stderr).toContain(`gs://${BUCKET}/replays/${id}.json holds no progress that this version knows`);
  });

  it("is called with application default credentials, in the name of their quota project", async () => {
    await using desk = await startDesk();
    desk.objects.answer = () => giveProgress(done);
    const running = desk.start(["--stack", "dev", "--watch", id], {
      GOOGLE_OAUTH_ACCESS_TOKEN: "",
      METADATA_SERVER_DETECTION: "assume-present",
      GCE_METADATA_HOST: desk.google.metadataHost,
      GOOGLE_CLOUD_QUOTA_PROJECT: "acme-quota",
    });
    const { code, stderr } = await running.end;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(desk.objects.looks).toMatchObject([
      { authorization: "Bearer google-token", quotaProject: "acme-quota" },
    ]);
  });

  it("is not called without credentials", async () => {
    await using desk = await startDesk();
    const { code, stderr } = await desk.run(words, {
      GOOGLE_OAUTH_ACCESS_TOKEN: "",
      GOOGLE_APPLICATION_CREDENTIALS: join(desk.folder, "none.json"),
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^There are no credentials for Google Cloud: .*none\.json/);
    expect(stderr).toMatch(
      /\nRun gcloud auth application-default login, or set GOOGLE_OAUTH_ACCESS_TOKEN\.\nNo replay has begun\.\n$/,
    );
    expect(desk.objects.looks).toEqual([]);
  });
});

describe("Ctrl-C", () => {
  it("leaves the replay to itself and says how to watch it again", async () => {
    await using desk = await startDesk();
    desk.objects.answer = (look) => (look === 0 ? storageError(404) : giveProgress(progressOf()));
    const running = desk.start(["--stack", "dev", ...window]);
    await running.printed(" 42 %");
    running.interrupt();
    const { code, stdout, stderr } = await running.end;
    expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
    const begun = desk.google.tasks[0]?.body["id"];
    expect(stdout).toMatch(
      new RegExp(
        `\nNo longer watched; the replay goes on\\. To watch it again:\n  npm run replay -- --stack dev --watch ${begun}\n$`,
      ),
    );
  });

  it("leaves a program the state that was seen last", async () => {
    await using desk = await startDesk();
    let seen = () => {};
    const looked = new Promise<void>((resolve) => {
      seen = resolve;
    });
    desk.objects.answer = (look) => {
      // The answer before this one has arrived.
      if (look === 1) seen();
      return giveProgress(progressOf());
    };
    const running = desk.start(["--stack", "dev", "--watch", id, "--json"]);
    await looked;
    running.interrupt();
    const { code, stdout } = await running.end;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ id, state: "running", counts: { events: 1000 } });
  });

  it("while it begins waits until that is known", async () => {
    await using desk = await startDesk();
    const { google } = desk;
    const take = google.behaviour;
    google.behaviour = async (task, position) => {
      running.interrupt();
      return take(task, position);
    };
    const running = desk.start(["--stack", "dev", ...window]);
    const { code, stdout } = await running.end;
    expect(code).toBe(130);
    expect(stdout).toContain(`Replay ${google.tasks[0]?.body["id"]} has begun.`);
    expect(stdout).toContain("No longer watched; the replay goes on.");
  });

  it("a second time ends the command at once", async () => {
    await using desk = await startDesk();
    let ended = false;
    desk.google.behaviour = async () => {
      while (!ended) {
        running.interrupt();
        await new Promise(setImmediate);
      }
      return googleError(503, "UNAVAILABLE");
    };
    const running = desk.start(["--stack", "dev", ...window]);
    const { code } = await running.end;
    ended = true;
    expect(code).toBe(130);
  });

  it("before that begins nothing", async () => {
    await using desk = await startDesk("kill -INT $PPID\nwhile :; do :; done");
    const { code, stdout, stderr } = await desk.start(["--stack", "dev", ...window]).end;
    expect({ code, stdout, stderr }).toEqual({
      code: 130,
      stdout: "",
      stderr: "Interrupted; nothing has begun.\n",
    });
    expect(desk.google.tasks).toEqual([]);
  });
});

function short(time: string): string {
  return time.replace(".000Z", "Z");
}

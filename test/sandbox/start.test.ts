import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "../../sandbox/scenarios.ts";

const root = join(import.meta.dirname, "../..");

/** Runs `npm start` as its script does, without a terminal, and with the driver that every machine has. */
function start(...words: string[]) {
  const child = spawn(process.execPath, ["sandbox/index.ts", "--engine", "embedded", ...words], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { child, output: text(child.stdout), errors: text(child.stderr), end: once(child, "exit") };
}

/** As `start`, for one test. */
function startForTest(...words: string[]) {
  const run = start(...words);
  onTestFinished(() => endLeft(run.child));
  return run;
}

/** Ends what a failed test left running. */
function endLeft(child: ChildProcess): void {
  if (child.exitCode === null) child.kill("SIGTERM");
}

describe("npm start, three times at once, without a terminal", { timeout: 180_000 }, () => {
  let printed: Readonly<Record<string, ReturnType<typeof start>>>;
  let shown: ReturnType<typeof start>;

  beforeAll(() => {
    printed = {
      functions: start("--once", "--json"),
      service: start("--once", "--json", "--hosting", "service"),
    };
    shown = start();
  });
  afterAll(() => {
    for (const { child } of [...Object.values(printed), shown]) endLeft(child);
  });

  it.each([
    ["functions", 94],
    ["service", 85],
  ])(
    "prints with --once --json one object, in which all is as expected, with the hosting %s",
    async (hosting, resources) => {
      const run = printed[hosting];
      expect(await run?.end).toEqual([0, null]);
      const output = (await run?.output) ?? "";
      const report = JSON.parse(output);
      expect(report).toEqual({
        engine: "embedded",
        hosting,
        resources,
        seconds: expect.any(Number),
        verified: true,
        signIns: scenarios.flat().map((scenario) => ({
          case: scenario.case,
          event: "user.session.start",
          expected: scenario.expected,
          member: scenario.expected,
          milliseconds: expect.any(Number),
        })),
        destroyed: true,
        leftovers: [],
        ok: true,
      });
      expect(output).toMatch(/^[^\n]+\n$/);
      expect(await run?.errors).toContain("Deploying the program");
    },
  );

  it("shows the way of each sign-in", async () => {
    expect(await shown.end).toEqual([0, null]);
    const output = await shown.output;
    expect(output).toContain("+ okta EventHookVerification");
    expect(output).toMatch(
      /✓ Okta verified "signin-groups \(sandbox\), secret 1": the receiver answered 200/,
    );
    expect(output).toMatch(
      /✓ first sign-in +user\.session\.start SUCCESS → delivered 204 → task \w+… → PUT 204 → in App Users/,
    );
    expect(output).toMatch(
      /✓ wrong password +user\.session\.start FAILURE → delivered 204 → no task → not in App Users/,
    );
    expect(output).toMatch(
      /✓ delivery lost, found in the System Log +user\.session\.start SUCCESS → delivered to nobody → task \w+… → PUT 204/,
    );
    expect(output).toContain("✓ both clouds are empty again");
    expect(output).not.toContain("✗");
  });
});

describe("npm start", () => {
  it("--stay takes more sign-ins, and SIGTERM destroys everything first", async () => {
    const { child, end } = startForTest("--stay");
    const shown: string[] = [];
    const lines = createInterface({ input: child.stdout });
    const line = (matches: RegExp) =>
      new Promise<string>((resolve) => {
        lines.on("line", (candidate) => {
          if (matches.test(candidate)) resolve(candidate);
        });
      });
    lines.on("line", (candidate) => shown.push(candidate));
    const followed = line(/^ {2}user\.session\.start SUCCESS/);
    const [, door = ""] = /curl (\S+)/.exec(await line(/curl /)) ?? [];
    const [console = ""] = /http:\S+\?token=[\w-]{20,}$/m.exec(shown.join("\n")) ?? [];
    expect((await fetch(console)).headers.get("content-type")).toBe("text/html; charset=utf-8");
    const response = await fetch(door, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"login":"somebody@example.com"}',
    });
    expect(response.status).toBe(202);
    expect(await followed).toMatch(/→ delivered 204 → task \w+… → PUT 204 → in App Users$/);
    child.kill("SIGTERM");
    expect(await end).toEqual([0, null]);
    expect(shown.join("\n")).toContain("✓ both clouds are empty again");
    await expect(fetch(console)).rejects.toThrow("fetch failed");
  });

  it("destroys what it has made when it is stopped in the middle of the deployment", async () => {
    const { child, output, end } = startForTest();
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (/\+ gcp storage\.Bucket .*-source/.test(line)) child.kill("SIGINT");
    });
    expect(await end).toEqual([1, null]);
    const shown = await output;
    expect(shown).toContain("The deployment was aborted");
    expect(shown).toContain("✓ both clouds are empty again");
    expect(shown).not.toContain("Signing people in");
  });

  it("destroys what it has made when nobody reads on", async () => {
    const { child, output, errors, end } = startForTest("--engine", "embedded");
    const closed = expect(output).rejects.toThrow("Premature close");
    createInterface({ input: child.stdout }).once("line", () => child.stdout.destroy());
    expect(await end).toEqual([1, null]);
    await closed;
    expect(await errors).toBe("");
  });

  it.each([
    [["--help"], 0, /Usage: npm start/, /^$/],
    [["--twice"], 2, /^$/, /Unknown option '--twice'.*[\s\S]*Usage: npm start/],
    [["--engine", "terraform"], 2, /^$/, /--engine must be pulumi or embedded, not "terraform"\./],
    [["--hosting", "vm"], 2, /^$/, /--hosting must be functions or service, not "vm"\./],
    [["--open", "--no-open"], 2, /^$/, /--open does not go with --no-open\./],
    [["--json", "--stay"], 2, /^$/, /--stay does not go with --json\./],
  ])("%j exits with %i", async (words, code, standardOutput, standardError) => {
    const { output, errors, end } = startForTest(...words);
    expect(await end).toEqual([code, null]);
    expect(await output).toMatch(standardOutput);
    expect(await errors).toMatch(standardError);
  });
});

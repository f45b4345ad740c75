import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { readOptions, usage } from "../../sandbox/options.ts";
import { scenarios } from "../../sandbox/scenarios.ts";

const root = join(import.meta.dirname, "../..");

/** Runs `npm start` as its script does, without a terminal, and with the driver that every machine has. */
function start(...words: string[]) {
  const child = spawn(process.execPath, ["sandbox/index.ts", "--engine", "embedded", ...words], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  // What a failed test left running.
  onTestFinished(() => void (child.exitCode === null && child.kill("SIGTERM")));
  return { child, output: text(child.stdout), errors: text(child.stderr), end: once(child, "exit") };
}

describe("npm start, without a terminal", { timeout: 180_000 }, () => {
  it("prints with --once --json one object, in which all is as expected", async () => {
    const run = start("--once", "--json", "--hosting", "service");
    expect(await run.end).toEqual([0, null]);
    const output = await run.output;
    expect(JSON.parse(output)).toEqual({
      engine: "embedded",
      hosting: "service",
      resources: 85,
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
    expect(await run.errors).toContain("Deploying the program");
  });

  it("shows the way of each sign-in; takes more with --stay, and SIGTERM destroys everything first", async () => {
    const { child, end } = start("--stay");
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
    const output = shown.join("\n");
    expect(output).toMatch(/^ {2}94 resources in [\d.]+ s$/m);
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
    for (const scenario of scenarios.flat()) expect(output).toContain(`✓ ${scenario.case} `);
    expect(output).toContain("✓ both clouds are empty again");
    expect(output).not.toContain("✗");
    await expect(fetch(console)).rejects.toThrow("fetch failed");
  });

  it("destroys what it has made when it is stopped in the middle of the deployment", async () => {
    const { child, output, end } = start();
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
    const { child, output, errors, end } = start();
    const closed = expect(output).rejects.toThrow("Premature close");
    createInterface({ input: child.stdout }).once("line", () => child.stdout.destroy());
    expect(await end).toEqual([1, null]);
    await closed;
    expect(await errors).toBe("");
  });

  it("prints its usage with --help, and after a mistake, of which it says what is wrong", async () => {
    const [help, mistaken] = [start("--help"), start("--twice")];
    expect([await help.end, await help.output, await help.errors]).toEqual([[0, null], usage, ""]);
    expect([await mistaken.end, await mistaken.output]).toEqual([[2, null], ""]);
    expect(await mistaken.errors).toMatch(/Unknown option '--twice'.*[\s\S]*Usage: npm start/);
  });
});

describe("the options of npm start", () => {
  it.each([
    [["--engine", "terraform"], '--engine must be pulumi or embedded, not "terraform".'],
    [["--hosting", "vm"], '--hosting must be functions or service, not "vm".'],
    [["--open", "--no-open"], "--open does not go with --no-open."],
    [["--json", "--stay"], "--stay does not go with --json."],
    [["--once", "--stay"], "--stay does not go with --once."],
  ])("%j are refused", (words, message) => {
    expect(() => readOptions(words, false)).toThrow(message);
  });

  it.each([
    [true, [], false],
    [true, ["--once"], true],
    [true, ["--json"], true],
    [false, [], true],
    [false, ["--stay"], false],
  ])("where a terminal is there: %s, and with %j, it ends by itself: %s", (terminal, words, once) => {
    expect(readOptions(words, terminal).once).toBe(once);
  });
});

import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Hosting } from "../../../infra/settings.ts";
import { administer, copyProgram, edit } from "../../engine/actions.ts";
import { startPolicies } from "../../engine/policies.ts";
import { describeEngine, wholeProgram } from "../../engine/support.ts";
import { type EngineRun, runPulumi, watchEngine } from "./engine-run.ts";
import { isPulumisOwn } from "./pulumis-own.ts";
import type { Seen } from "./watch.ts";

/** Runs the engine to a bad end, and notes what it says. */
async function fails(
  { sandbox, watch }: EngineRun,
  verb: "preview" | "up",
  message: string | RegExp,
  ...words: readonly string[]
): Promise<void> {
  const { code, text } = await sandbox.attempt(verb, words);
  watch.note(`failed ${verb}`, text);
  expect(code, text).not.toBe(0);
  expect(text).toMatch(message);
  await watch.files.look();
}

/** Sets a secret as a person does by a pipe. */
async function setSecret({ sandbox, watch }: EngineRun, key: string, value: string): Promise<void> {
  watch.canaries.add("Okta API token", value);
  await runPulumi(sandbox.workspace, ["config", "set", "--secret", key], value);
}

function expectNothing({ findings }: Seen): void {
  const ours = findings.filter((finding) => finding.place !== "event log" || !isPulumisOwn(finding));
  expect(ours.map(({ place, kind, before }) => `${kind} in ${place}: ${before.slice(-200)}`)).toEqual([]);
}

const newToken = () => `00${randomBytes(20).toString("hex")}`;

describeEngine("what goes wrong reveals no secret", { timeout: wholeProgram }, () => {
  it("a configuration that is wrong, with secrets in it, and a wrong token", async () => {
    expectNothing(
      await watchEngine(async (engine) => {
        const { clouds, workspace } = engine.sandbox;
        const [region, memory, schedule, unknown] = [newToken(), newToken(), newToken(), newToken()];
        await setSecret(engine, "gcp:region", region);
        await setSecret(engine, "signin-groups:receiveMemory", memory);
        await setSecret(engine, "signin-groups:reconcileSchedule", schedule);
        await setSecret(engine, "signin-groups:unknown", unknown);
        const mistakes = /The configuration has 4 mistakes[\s\S]*gcp:region is "\[secret\]"/;
        await fails(engine, "preview", mistakes);
        await fails(engine, "up", mistakes);

        const partners = await administer(clouds, "POST", "/groups", { profile: { name: "Partners" } });
        const rules = [{ groupId: String(partners["id"]), on: ["user.session.start"] }];
        await workspace.configure({
          "gcp:region": "europe-west1",
          "signin-groups:receiveMemory": undefined,
          "signin-groups:rules": JSON.stringify(rules),
          "signin-groups:reconcileSchedule": undefined,
          "signin-groups:unknown": undefined,
        });
        await setSecret(engine, "okta:apiToken", newToken());
        await fails(engine, "preview", /401/);
      }),
    );
  });

  // It takes an update for each level of the dependencies. refusals.test.ts has the calls for a Cloud Run service refused.
  it("a build that fails, a verification that is refused, and every first call that changes something", {
    timeout: 2 * wholeProgram,
  }, async () => {
    expectNothing(
      await watchEngine(async (engine) => {
        const { clouds } = engine.sandbox;
        const { okta, google } = clouds;
        const updates: Set<string>[] = [];
        // What was refused in one update is taken in the next.
        const refuses = (method: string, path: string): boolean => {
          if (method === "GET" || path.endsWith(":getIamPolicy")) return false;
          if (updates.slice(0, -1).some((update) => update.has(path))) return false;
          updates.at(-1)?.add(path);
          return true;
        };
        let refusals = 0;
        const next = (statuses: readonly number[]) => {
          refusals += 1;
          return statuses[refusals % statuses.length] ?? 400;
        };
        okta.faults.refuse = (method, path) =>
          refuses(method, path) ? { status: next([400, 403, 500]) } : undefined;
        google.faults.refuse = (method, path) =>
          refuses(method, path) ? { status: next([400, 403]) } : undefined;
        google.faults.failBuilds = 1;
        for (let failing = true; failing; ) {
          expect(updates.length, "it gets on").toBeLessThan(30);
          updates.push(new Set());
          const { code, text } = await engine.sandbox.attempt("up", ["--continue-on-error", "--refresh"]);
          engine.watch.note("failed up", text);
          // A function whose build failed is made anew, as the message says.
          const [, urn] = /pulumi up --refresh --replace '([^']+)'/.exec(text) ?? [];
          if (urn !== undefined)
            await engine.sandbox.attempt("up", ["--replace", urn, "--continue-on-error"]);
          failing = code !== 0;
        }
        expect(refusals).toBeGreaterThan(30);
        okta.faults.refuse = undefined;
        google.faults.refuse = undefined;
        await engine.run("destroy");
      }),
    );
  });

  // The error of a revision has what its process said, and the policies read the variables of a service from other fields.
  it.each<Hosting>(["functions", "service"])(
    "a function that can't start, and a policy that is violated, with hosting as %s",
    async (hosting) => {
      const stopPolicies = await startPolicies();
      const root = await copyProgram();
      onTestFinished(async () => {
        await stopPolicies();
        await rm(root, { recursive: true });
      });
      const pack = join(import.meta.dirname, "../../../infra/policy");
      const receive = join(root, "infra/receive.ts");
      await edit(receive, "GRANT_URL: args.grant.uri,", "GRANT_URL: hookSecret.current,");
      const seen = await watchEngine(async (engine) => {
        await engine.sandbox.workspace.configure({ "signin-groups:hosting": hosting });
        await fails(engine, "up", "plain variable GRANT_URL", "--policy-pack", pack);
        await edit(receive, "GRANT_URL: hookSecret.current,", "");
        await fails(engine, "up", "GRANT_URL");
        await engine.run("destroy");
      }, root);
      // What the policy refuses was done by then, and shows in the function's variables.
      const findings = seen.findings.filter(({ place }) => place !== "answers to who reads the APIs");
      expectNothing({ ...seen, findings });
    },
  );
});

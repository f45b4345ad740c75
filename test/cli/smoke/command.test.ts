import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseState } from "../../../cli/configuration.ts";
import {
  describeFindings,
  exitCodeOf,
  type Finding,
  type Section,
  type State,
} from "../../../cli/findings.ts";
import { createGoogleApi } from "../../../cli/google-api.ts";
import { createLookUps } from "../../../cli/look-ups.ts";
import { createScreen } from "../../../cli/screen.ts";
import { lookAtGoogle } from "../../../cli/smoke/google.ts";
import { systemClock } from "../../../function/shared/clock.ts";
import { deployEmbedded } from "../../../sandbox/deploy/embedded.ts";
import { programFor } from "../../../sandbox/environment.ts";
import { readDocument } from "../../support/commands.ts";
import { runInSharedProcess } from "../../support/programs.ts";
import { startWorld, type World } from "../world.ts";

let world: World;
let end: () => Promise<void>;
/** What the Pulumi CLI answers for the stack as it was deployed. */
let deployed: { readonly state: string; readonly outputs: Readonly<Record<string, unknown>> };

beforeAll(async () => {
  world = await startWorld(undefined, (ends) => {
    end = ends;
  });
  const deployment = await deployEmbedded({
    ...programFor(world.clouds, { stack: "dev" }),
    start: runInSharedProcess,
  });
  await world.clouds.runJobs();
  deployed = { state: JSON.stringify(deployment.state), outputs: deployment.outputs };
  world.pulumi["stack output"] = JSON.stringify(deployed.outputs);
}, 180_000);

afterAll(() => end());

/** What the command finds. */
async function smoke(): Promise<{ readonly code: number; readonly findings: readonly Finding[] }> {
  const sections = await world.look("smoke");
  return { code: exitCodeOf(sections), findings: sections.flatMap(({ findings }) => findings) };
}

/** The only resource of the state whose type ends so, by the end of its name. */
function idOf(type: string, name = ""): string {
  const found = parseState(deployed.state).filter(
    (one) => one.type.endsWith(type) && one.name.endsWith(name),
  );
  expect(found).toHaveLength(1);
  return String(found[0]?.id);
}

/** The last finding that the command printed. */
function lastOf(stdout: string): Finding | undefined {
  // The command prints one object of this form.
  const { sections } = JSON.parse(stdout) as { readonly sections: readonly Section[] };
  return sections.at(-1)?.findings.at(-1);
}

/** What breaks, how it is put right again, and what is found. */
interface Case {
  readonly title: string;
  /** @returns what undoes it */
  readonly arrange: () => Promise<(() => unknown) | undefined>;
  readonly finding: readonly [check: string, state: State, text: string | RegExp];
  readonly code: 0 | 1 | 3;
}

/** A function's inputs in a stack's state. */
interface FunctionInputs {
  readonly buildConfig: { readonly environmentVariables: Record<string, string> };
  readonly serviceConfig: {
    readonly environmentVariables: Record<string, string>;
    readonly secretEnvironmentVariables: { version: string }[];
  };
}

/** Changes what the state says of a function, so that something else is declared than runs. */
async function declareOther(name: string, change: (inputs: FunctionInputs) => void): Promise<undefined> {
  const state = JSON.parse(deployed.state);
  const end = `gcp:cloudfunctionsv2/function:Function::signin-groups-${name}`;
  change(state.deployment.resources.find(({ urn }: { readonly urn: string }) => urn.endsWith(end)).inputs);
  world.pulumi["stack export"] = JSON.stringify(state);
  return undefined;
}

const queue = () => String(deployed.outputs["queue"]);
const hook = () => `/api/v1/eventHooks/${idOf(":EventHook")}`;
const app = (name: string) => {
  const found = parseState(deployed.state).find((one) => one.name === `signin-groups-${name}`);
  return { id: String(found?.id), clientId: String(found?.outputs["clientId"]) };
};

/** Puts another server in the receiver's place, which echoes every challenge. @returns what undoes it */
async function replaceReceiver(): Promise<() => Promise<void>> {
  const server = createServer(({ headers }, response) => {
    response.end(JSON.stringify({ verification: headers["x-okta-verification-challenge"] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  world.pulumi["stack output"] = JSON.stringify({ ...deployed.outputs, hookUrl: `http://127.0.0.1:${port}` });
  return async () => {
    world.pulumi["stack output"] = JSON.stringify(deployed.outputs);
    await new Promise((resolve) => server.close(resolve));
  };
}

const cases: readonly Case[] = [
  {
    title: "a receiver that accepts a call without a secret",
    arrange: replaceReceiver,
    finding: ["receiver-without-secret", "failure", "The receiver accepts a call without a secret (200)"],
    code: 1,
  },
  {
    title: "a receiver that accepts a wrong secret",
    arrange: replaceReceiver,
    finding: ["receiver-wrong-secret", "failure", "The receiver accepts a call with a wrong secret (200)"],
    code: 1,
  },
  {
    title: "an event hook that delivers elsewhere",
    arrange: replaceReceiver,
    finding: ["event-hook", "failure", /delivers to http:\S+, not to http:/],
    code: 1,
  },
  {
    title: "a receiver that is not reached",
    async arrange() {
      world.pulumi["stack output"] = JSON.stringify({ ...deployed.outputs, hookUrl: "http://127.0.0.1:1" });
      return () => {
        world.pulumi["stack output"] = JSON.stringify(deployed.outputs);
      };
    },
    finding: ["receiver-challenge", "failure", "it cannot be reached"],
    code: 1,
  },
  {
    title: "a receiver that runs with another secret than the declared one",
    async arrange() {
      const secret = idOf(":Secret");
      await world.google("POST", `/v1/${secret}:addVersion`, {
        payload: { data: Buffer.from("another").toString("base64") },
      });
      return declareOther("receive", ({ serviceConfig }) => {
        for (const reference of serviceConfig.secretEnvironmentVariables) reference.version = "2";
      });
    },
    finding: ["receiver-challenge", "failure", "it answers 401. It runs with another secret"],
    code: 1,
  },
  {
    title: "an event hook that is not active",
    async arrange() {
      await world.okta("POST", `${hook()}/lifecycle/deactivate`);
      return () => world.okta("POST", `${hook()}/lifecycle/activate`);
    },
    finding: ["event-hook", "failure", "is INACTIVE: Okta delivers nothing to it"],
    code: 1,
  },
  {
    title: "an event hook that is not verified",
    async arrange() {
      const secret = await world.google("GET", `/v1/${idOf(":Secret")}/versions/1:access`);
      const data = String(Reflect.get(Object(secret["payload"]), "data"));
      const value = `Bearer ${Buffer.from(data, "base64").toString()}`;
      const body = (uri: string) => ({
        name: "signin-groups (dev), secret 1",
        events: { type: "EVENT_TYPE", items: ["user.session.start"] },
        channel: {
          type: "HTTP",
          version: "1.0.0",
          config: { uri, headers: [], authScheme: { type: "HEADER", key: "Authorization", value } },
        },
      });
      await world.okta("PUT", hook(), body("https://elsewhere.example"));
      return async () => {
        await world.okta("PUT", hook(), body(String(deployed.outputs["hookUrl"])));
        await world.okta("POST", `${hook()}/lifecycle/verify`);
      };
    },
    finding: ["event-hook", "failure", "is UNVERIFIED: Okta delivers nothing to it"],
    code: 1,
  },
  {
    title: "a queue that is paused",
    async arrange() {
      await world.google("POST", `/v2/${queue()}:pause`);
      return () => world.google("POST", `/v2/${queue()}:resume`);
    },
    finding: ["queue-memberships", "failure", "is PAUSED: its tasks wait"],
    code: 1,
  },
  {
    title: "a function that runs another archive",
    arrange: () =>
      declareOther("receive", ({ buildConfig }) => {
        buildConfig.environmentVariables["ARCHIVE_SHA256"] = "other";
      }),
    finding: [
      "function-receive",
      "failure",
      /not as declared: buildConfig\.environmentVariables\.ARCHIVE_SHA256/,
    ],
    code: 1,
  },
  {
    title: "a function with another environment",
    arrange: () =>
      declareOther("grant", ({ serviceConfig }) => {
        Object.assign(serviceConfig.environmentVariables, { MEMBER_SNAPSHOT_SECONDS: "601", MORE: "x" });
      }),
    finding: [
      "function-grant",
      "failure",
      "serviceConfig.environmentVariables.MEMBER_SNAPSHOT_SECONDS, serviceConfig.environmentVariables.MORE",
    ],
    code: 1,
  },
  {
    title: "a scope that an app lacks",
    async arrange() {
      const { id } = app("service-app-1");
      const [grant] = Object.values(await world.okta("GET", `/api/v1/apps/${id}/grants`));
      const grantId = String(Reflect.get(Object(grant), "id"));
      await world.oktaDelete(`/api/v1/apps/${id}/grants/${grantId}`);
      const issuer = world.clouds.okta.url;
      return () => world.okta("POST", `/api/v1/apps/${id}/grants`, { scopeId: "okta.groups.manage", issuer });
    },
    finding: ["token-grant", "failure", "Okta gives grant no token (consent_required)"],
    code: 1,
  },
  {
    title: "a role that an app has too much",
    async arrange() {
      const { clientId } = app("log-reader-1");
      const role = await world.okta("POST", `/oauth2/v1/clients/${clientId}/roles`, { type: "SUPER_ADMIN" });
      return () => world.oktaDelete(`/oauth2/v1/clients/${clientId}/roles/${String(role["id"])}`);
    },
    finding: ["rights-log-reader", "failure", "has more rights than the program gives it: SUPER_ADMIN"],
    code: 1,
  },
  {
    title: "a scope with which a token is good for more",
    async arrange() {
      const { id } = app("log-reader-1");
      const issuer = world.clouds.okta.url;
      const grant = await world.okta("POST", `/api/v1/apps/${id}/grants`, {
        scopeId: "okta.groups.manage",
        issuer,
      });
      return () => world.oktaDelete(`/api/v1/apps/${id}/grants/${String(grant["id"])}`);
    },
    finding: ["token-reconcile", "failure", "is good for more than it is for: the scope okta.groups.manage"],
    code: 1,
  },
  {
    title: "an org that makes the apps use DPoP",
    async arrange() {
      world.clouds.okta.settings.requiresDpop = true;
      return () => {
        world.clouds.okta.settings.requiresDpop = false;
      };
    },
    finding: ["token-grant", "failure", "it needs an exception for these apps"],
    code: 1,
  },
  {
    title: "that somebody who may not sign sees no token",
    async arrange() {
      const { google, project } = world.clouds;
      const account = await world.google("POST", `/v1/projects/${project}/serviceAccounts`, {
        accountId: "looker",
      });
      const email = String(account["email"]);
      const policy = await world.google("POST", `/v1/projects/${project}:getIamPolicy`);
      const roles = [
        ...[
          "secretmanager.admin",
          "cloudfunctions.admin",
          "cloudtasks.admin",
          "cloudscheduler.admin",
          "run.admin",
        ],
        ...["storage.admin", "artifactregistry.admin", "cloudkms.admin", "resourcemanager.projectIamAdmin"],
      ];
      const bindings = roles.map((role) => ({ role: `roles/${role}`, members: [`serviceAccount:${email}`] }));
      const before = Array.isArray(policy["bindings"]) ? policy["bindings"] : [];
      await world.google("POST", `/v1/projects/${project}:setIamPolicy`, {
        policy: { ...policy, version: 3, bindings: [...before, ...bindings] },
      });
      world.environment["GOOGLE_OAUTH_ACCESS_TOKEN"] = google.accessTokenOf(email);
      return () => {
        world.environment["GOOGLE_OAUTH_ACCESS_TOKEN"] = google.deployerToken;
      };
    },
    finding: ["token-grant", "unknown", "roles/cloudkms.signer"],
    code: 3,
  },
  {
    title: "a schedule that is paused",
    async arrange() {
      const job = idOf(":Job", "-schedule");
      await world.google("POST", `/v1/${job}:pause`);
      return () => world.google("POST", `/v1/${job}:resume`);
    },
    finding: ["schedule", "failure", "The schedule is PAUSED"],
    code: 1,
  },
  {
    title: "a schedule of checks that is paused",
    async arrange() {
      const job = idOf(":Job", "-check");
      await world.google("POST", `/v1/${job}:pause`);
      return () => world.google("POST", `/v1/${job}:resume`);
    },
    finding: ["schedule", "failure", "The schedule of checks is PAUSED"],
    code: 1,
  },
  {
    title: "a cursor that is not there yet",
    async arrange() {
      const bucket = String(deployed.outputs["stateBucket"]);
      await world.googleDelete(`/storage/v1/b/${bucket}/o/cursor.json`);
      return () => world.clouds.runJobs();
    },
    finding: ["cursor", "warning", "reconcile has not read Okta's System Log yet"],
    code: 0,
  },
  {
    title: "a binding that is gone",
    async arrange() {
      const policy = await world.google("POST", `/v2/${queue()}:getIamPolicy`);
      await world.google("POST", `/v2/${queue()}:setIamPolicy`, { policy: { bindings: [] } });
      return async () => {
        const { bindings } = policy;
        await world.google("POST", `/v2/${queue()}:setIamPolicy`, { policy: { bindings } });
      };
    },
    finding: ["bindings", "failure", /^2 bindings of accounts are gone: .*enqueues/],
    code: 1,
  },
];

describe("npm run smoke", () => {
  it("finds everything well in a stack that works, and exits with 0", async () => {
    world.pulumi["stack export"] = deployed.state;
    const { code, stdout } = await world.start("smoke", "--json");
    // The command prints one object of this form.
    const { sections, exitCode } = JSON.parse(stdout) as { sections: readonly Section[]; exitCode: number };
    expect(exitCode).toBe(code);
    const secrets = [world.clouds.okta.apiToken, world.clouds.google.deployerToken];
    for (const secret of secrets) expect(stdout).not.toContain(secret);
    const findings = sections.flatMap((section) => section.findings);
    expect(findings.filter(({ state }) => state !== "ok")).toEqual([]);
    expect(code).toBe(0);
    const checks = findings.map(({ check }) => check);
    for (const check of [
      "receiver-challenge",
      "receiver-wrong-secret",
      "event-hook",
      "token-grant",
      "token-reconcile",
      "cursor",
      "bindings",
    ]) {
      expect(checks).toContain(check);
    }
  });

  it.each(cases)("finds $title", async ({ arrange, finding: [check, state, text], code }) => {
    world.pulumi["stack export"] = deployed.state;
    const undo = await arrange();
    const ended = await smoke();
    await undo?.();
    const found = ended.findings.filter((one) => one.check === check && one.state === state);
    const texts = found.flatMap(({ meaning, fix = "", command = "" }) => [meaning, fix, command]);
    const expected = typeof text === "string" ? expect.stringContaining(text) : expect.stringMatching(text);
    expect(texts, JSON.stringify(ended.findings, undefined, 1)).toContainEqual(expected);
    expect(ended.code).toBe(code);
  });

  it("prints what docs/smoke.md shows", async () => {
    world.pulumi["stack export"] = deployed.state;
    await world.okta("POST", `${hook()}/lifecycle/deactivate`);
    const policy = await world.google("POST", `/v2/${queue()}:getIamPolicy`);
    await world.google("POST", `/v2/${queue()}:setIamPolicy`, { policy: { bindings: [] } });
    const shown = (text: string) =>
      text
        .replace(/in \d+ ms/, "in 14 ms")
        .replace(/up to 2\d{3}-[\d:.T-]+Z/, "up to 2026-11-30T09:05:02.417Z");
    const sections = (await world.look("smoke")).map(({ title, findings }) => ({
      title,
      findings: findings.map((one): Finding => ({ ...one, meaning: shown(one.meaning) })),
    }));
    const printed = describeFindings(sections, { failing: "broken", colour: false });
    expect(printed.split("\n").filter((line) => line.length > 80)).toEqual([]);
    const document = await readDocument("docs/smoke.md");
    const block = /(<!-- What the command prints [^\n]*-->\n```\n)[\s\S]*?(^```$)/m;
    expect(document).toMatch(block);
    // `npm test -- test/cli/smoke --update` writes it.
    await expect(
      document.replace(block, (_, before: string, after: string) => before + printed + after),
    ).toMatchFileSnapshot(join(import.meta.dirname, "../../../docs/smoke.md"));
    await world.okta("POST", `${hook()}/lifecycle/activate`);
    const { bindings } = policy;
    await world.google("POST", `/v2/${queue()}:setIamPolicy`, { policy: { bindings } });
  });

  it("signs in with a password, and sees the membership", async () => {
    const { okta } = world.clouds;
    world.pulumi["stack export"] = deployed.state;
    const login = "new@acme.example";
    const { id } = okta.createPerson({ login, displayName: "New", password: "correct horse" });
    world.environment["SMOKE_PASSWORD"] = "wrong";
    const refused = await world.run("smoke", "--user", login, "--json");
    expect(refused.code).toBe(1);
    expect(lastOf(refused.stdout)).toMatchObject({
      state: "failure",
      meaning: expect.stringContaining("401 E0000004"),
    });
    world.environment["SMOKE_PASSWORD"] = "correct horse";
    const ended = await world.run("smoke", "--user", login, "--json");
    expect(lastOf(ended.stdout)).toEqual({
      check: "sign-in",
      state: "ok",
      meaning: expect.stringMatching(
        /^new@acme\.example signed in at \S+ \(user\.session\.start\), and was seen as a member of "App Users" [\d.]+ s later\.$/,
      ),
      steps: expect.any(Array),
    });
    const { steps = [] } = lastOf(ended.stdout) ?? {};
    expect(steps.map(({ what }) => what).sort()).toEqual([
      "delivered: receive took the delivery",
      "grant added the user to the group",
      'seen as a member of "App Users"',
      "signed in (user.session.start)",
      "task created",
      "task finished",
    ]);
    const times = steps.map(({ at }) => Date.parse(at));
    expect(times, "the first is the first").toEqual(times.toSorted((one, other) => one - other));
    expect(ended.code).toBe(0);
    expect(okta.isMember(String(Reflect.get(Object(deployed.outputs["groupIds"]), "App Users")), id)).toBe(
      true,
    );
    expect(ended.stdout + ended.stderr + refused.stdout + refused.stderr).not.toMatch(/correct horse/);
    expect(ended.stderr).toMatch(
      /^Signed in as new@acme\.example\.\n {2}\S+ {2}user\.session\.start, in Okta's System Log\n {2}\S+ {2}\S/m,
    );
    const again = await world.run("smoke", "--user", login, "--json");
    expect(again.code).toBe(3);
    expect(lastOf(again.stdout)).toMatchObject({ state: "unknown" });
  });

  it("waits for somebody's sign-in, and says when there is none", async () => {
    const { okta } = world.clouds;
    delete world.environment["SMOKE_PASSWORD"];
    const login = "waited@acme.example";
    okta.createPerson({ login, displayName: "Waited" });
    const late = await world.run("smoke", "--user", login, "--wait", "1", "--json");
    expect(late.code).toBe(1);
    expect(lastOf(late.stdout)).toMatchObject({
      meaning: expect.stringMatching(/has no sign-in of waited@acme\.example .* within 1 s/),
    });
    const nobody = await world.run("smoke", "--user", "nobody@acme.example", "--json");
    expect(lastOf(nobody.stdout)).toMatchObject({
      meaning: "Nobody in the org has the login nobody@acme.example.",
    });
    const running = world.run("smoke", "--user", login);
    // The command has asked for the sign-in when it looks into the log for this person.
    await world.called(/^GET \/api\/v1\/users\/00u\w+\/groups$/);
    okta.signIn([{ kind: "success", login }]);
    const { code, stdout } = await running;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Sign-in\n {2}ok .*waited@acme\.example signed in at/m);
  });

  it.each([
    ["while it looks", [], /^GET \/api\/v1\/eventHooks\//],
    [
      "while it waits for a sign-in",
      ["--user", "interrupted@acme.example"],
      /^GET \/api\/v1\/users\/00u\w+\/groups$/,
    ],
  ])("ends at Ctrl-C %s, and prints no finding", async (_, words, call) => {
    world.pulumi["stack export"] = deployed.state;
    if (words.length > 0)
      world.clouds.okta.createPerson({ login: "interrupted@acme.example", displayName: "Interrupted" });
    const { code, stdout, stderr } = await world.interrupt(call, "smoke", ...words);
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toMatch(/Interrupted; nothing has begun\.\n$/);
  });

  it("says what the program would change, where it is asked for a preview", async () => {
    world.pulumi["stack export"] = deployed.state;
    const step = (op: string, name: string) => ({ op, urn: `urn:pulumi:dev::signin-groups::a:b:C::${name}` });
    const preview = async () => {
      const sections = await world.look("smoke", { preview: true });
      return { code: exitCodeOf(sections), last: sections.at(-1)?.findings.at(-1) };
    };
    const found = async (steps: readonly object[]) => {
      world.pulumi["preview"] = JSON.stringify({ steps });
      const { code, last } = await preview();
      expect(code).toBe(0);
      return last;
    };
    expect(await found([step("same", "one"), step("update", "receive"), step("create", "two")])).toEqual({
      ...{ check: "preview", state: "warning", command: "pulumi preview --diff" },
      meaning: "The program would change 2 resources: receive (update), two (create).",
    });
    expect(await found([step("same", "one")])).toEqual({
      ...{ check: "preview", state: "ok" },
      meaning: "The program declares what the stack's state has.",
    });
    delete world.pulumi["preview"];
    expect(await preview()).toMatchObject({ code: 3, last: { check: "preview", state: "unknown" } });
  });

  it("exits with 3 where the stack is not deployed", async () => {
    world.pulumi["stack export"] = deployed.state;
    world.pulumi["stack output"] = "{}";
    const { code, stdout, stderr } = await world.run("smoke");
    world.pulumi["stack output"] = JSON.stringify(deployed.outputs);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain('Stack "dev" is not deployed: it has no output hookUrl. Run pulumi up.');
  });

  // The last: the command reads deliveries of the last seconds, and this makes one.
  it("finds tasks that wait, and a cursor that does not move", async () => {
    const { okta, google, project } = world.clouds;
    okta.faults.refuse = (method) => (method === "PUT" ? { status: 500 } : undefined);
    okta.createPerson({ login: "late@acme.example", displayName: "Late" });
    okta.signIn([{ kind: "success", login: "late@acme.example" }]);
    await okta.idle();
    // An hour later, as the command sees it.
    const clock = { ...systemClock, now: () => Date.now() + 3_600_000 };
    const environment = Object.fromEntries(Object.entries(world.environment));
    const lookUps = createLookUps({
      screen: createScreen({ write: () => undefined }, Date.now),
      clock: systemClock,
      signal: new AbortController().signal,
    });
    const findings = await lookAtGoogle({
      component: "signin-groups",
      project,
      resources: parseState(deployed.state),
      stateBucket: String(deployed.outputs["stateBucket"]),
      api: createGoogleApi(environment, {}, project),
      lookUps,
      clock,
    });
    await lookUps.end();
    expect(google.url).not.toBe("");
    const meanings = findings.filter(({ state }) => state !== "ok").map(({ meaning }) => meaning);
    expect(meanings).toContainEqual(
      expect.stringMatching(
        /^1 task of the queue memberships waits for more than 10 minutes, the oldest since /,
      ),
    );
    expect(meanings).toContainEqual(
      expect.stringMatching(/^reconcile has read Okta's System Log only up to \d+ minutes ago/),
    );
    okta.faults.refuse = undefined;
  });
});

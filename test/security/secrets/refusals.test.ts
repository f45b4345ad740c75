import { createServer } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { waitForReceiver } from "../../../infra/okta/receiver.ts";
import { deployEmbedded } from "../../../sandbox/deploy/embedded.ts";
import type { Properties } from "../../../sandbox/deploy/handler.ts";
import { type Clouds, type Hosting, programFor, startClouds } from "../../../sandbox/environment.ts";
import { hostings } from "../../support/hostings.ts";
import { isLong } from "../../support/long.ts";
import { freePort } from "../../support/ports.ts";
import { runInSharedProcess } from "../../support/programs.ts";
import { type Declared, noting } from "../ablation/declared.ts";
import { SERVICE } from "../ablation/hosted.ts";
import { recordFigure } from "../figures.ts";
import { signPeopleIn } from "./people.ts";
import { inShort } from "./walk.ts";
import { startWatch, type Watch } from "./watch.ts";

/** What each call of a function is refused with: in a short run, what new credentials may help against, and what a retry may. */
const STATUSES = isLong ? [400, 401, 403, 404, 500] : [401, 500];

/** What each call of a resource's handler is refused with, which all of them take alike. */
const REFUSALS = isLong ? [400, 403, 500] : [403];

/** The program on clouds of its own, deployed by the embedded driver under watch. */
interface Deployed {
  readonly clouds: Clouds;
  readonly watch: Watch;
  readonly declared: readonly Declared[];
  readonly outputs: Properties;
}

/** Deploys the program, lets things fail, and answers what was revealed of secrets meanwhile. */
async function watchFailures(
  hosting: Hosting,
  fail: (deployed: Deployed) => Promise<void>,
): Promise<string[]> {
  const watch = await startWatch();
  const clouds = await startClouds({ onOkta: watch.observe, onGoogle: watch.observe });
  try {
    watch.canaries.add("Okta API token", clouds.okta.apiToken);
    watch.canaries.add("Google token of who deploys", clouds.google.deployerToken);
    const program = programFor(clouds, { hosting });
    const declared: Declared[] = [];
    const { outputs, destroy } = await deployEmbedded({
      ...program,
      start: runInSharedProcess,
      providers: noting(program.providers, declared),
      configuration: {
        ...program.configuration,
        "signin-groups:queueMinBackoff": "0.1s",
        "signin-groups:queueMaxBackoff": "1s",
      },
      onProgress: (progress) => watch.note("progress", JSON.stringify(progress)),
    });
    await fail({ clouds, watch, declared, outputs });
    await destroy();
  } finally {
    await clouds.close();
  }
  const seen = await watch.end();
  recordFigure("places searched for canaries", seen.places.length);
  expect(watch.canaries.count("hook secret")).toBe(1);
  return inShort(seen.findings);
}

/** All that somebody could print of an error, with what caused it. */
function allOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fields = JSON.stringify(Object.fromEntries(Object.entries(error)));
  return [error.stack, fields, error.cause === undefined ? "" : allOf(error.cause)].join("\n");
}

/** Has the clouds refuse whatever the handlers of these resources do with them. */
async function refuseResources({ clouds, watch, declared }: Deployed): Promise<void> {
  let errors = 0;
  for (const status of REFUSALS) {
    clouds.okta.faults.refuse = () => ({ status });
    clouds.google.faults.refuse = () => ({ status });
    const attempts = declared.flatMap(({ type, handler, inputs, state }) =>
      [
        () => handler.create(inputs),
        () => handler.read(state),
        () => handler.update?.(state, inputs),
        () => handler.delete(state),
      ].map((attempt) => ({ type, attempt })),
    );
    await Promise.all(
      attempts.map(async ({ type, attempt }) => {
        try {
          await attempt();
        } catch (error) {
          errors += 1;
          watch.note(`refusal of ${type}`, allOf(error));
        }
      }),
    );
  }
  clouds.okta.faults.refuse = undefined;
  clouds.google.faults.refuse = undefined;
  expect(errors, "nearly all of it was refused").toBeGreaterThan(declared.length * 3 * REFUSALS.length);
}

it.each(hostings("functions"))(
  "with hosting as %s, no resource and no function reveals a secret, or a person, when it is refused or fails",
  async (hosting) => {
    const findings = await watchFailures(hosting, async (deployed) => {
      await failFunctions(deployed);
      const services = deployed.declared.filter(({ type }) => type === SERVICE);
      const types = new Set(deployed.declared.map(({ type }) => type));
      if (hosting === "service") expect(services).toHaveLength(3);
      else expect(types.size).toBeGreaterThan(20);
      // The other resources are the same with both.
      await refuseResources(hosting === "service" ? { ...deployed, declared: services } : deployed);
    });
    expect(findings).toEqual([]);
  },
  300_000,
);

/** Has the functions fail at each of their calls, and be called wrongly. */
async function failFunctions({ clouds, watch, declared, outputs }: Deployed): Promise<void> {
  const { okta, google } = clouds;
  // A run that failed is begun again below, not minutes later.
  for (const { state } of declared.filter(({ type }) => type === "gcp:cloudscheduler/job:Job"))
    await owner(clouds, "PATCH", `${state.id}?updateMask=retryConfig`, { retryConfig: { retryCount: 0 } });
  for (const status of STATUSES) {
    // A new instance asks for tokens and lists again.
    await Promise.all(
      (["receive", "grant", "reconcile"] as const).map((name) => google.kill(name, "SIGKILL")),
    );
    const left = new Set(["/oauth2/v1/token", "/api/v1/logs", "/users"]);
    okta.faults.refuse = (_method, path) => {
      const found = [...left].find((part) => path.includes(part));
      return found !== undefined && left.delete(found) ? { status } : undefined;
    };
    const calls = ["createTask", "sign", "issueToken", "readObject", "writeObject"] as const;
    for (const call of calls) google.faults[call] = { answer: status, times: 1 };
    await signPeopleIn(clouds, watch.canaries);
    const open = () => [...left, ...calls.filter((call) => google.faults[call]?.times !== 0)];
    for (let runs = 0; runs < 3 && open().length > 0; runs += 1) await clouds.runJobs();
    expect(open(), "what was to be refused").toEqual([]);
    // Nothing stands in the way of the last one.
    await clouds.runJobs();
  }
  const url = String(outputs["hookUrl"]);
  const [secret] = watch.canaries.list().filter(({ kind }) => kind === "hook secret");
  const right = `Bearer ${secret?.pieces.join("")}`;
  const person = `typed.wrongly.${crypto.randomUUID()}@example.com`;
  watch.canaries.add("person", person);
  const event = { actor: { alternateId: person, displayName: person }, uuid: person };
  const bodies = [`{"data": "${person}`, person, JSON.stringify({ data: { events: [event, person, null] } })];
  for (const authorization of [
    right,
    "",
    "Bearer",
    `Bearer ${person}`,
    `Basic ${btoa(person)}`,
    `${right} `,
  ]) {
    for (const body of bodies) {
      const response = await fetch(url, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body,
      });
      watch.note("answers of receive", `${response.status} ${await response.text()}`);
    }
  }
  await clouds.idle();
}

/** Calls Google as who deploys. */
async function owner({ google }: Clouds, method: string, path: string, body: object): Promise<void> {
  const response = await fetch(`${google.url}/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${google.deployerToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status, path).toBe(200);
}

it("the wait for the receiver reveals its secret to nobody but the receiver", async () => {
  const watch = await startWatch();
  const secret = crypto.randomUUID();
  watch.canaries.add("hook secret", secret);
  const answers = [401, 403, 404, 500, 200, 302, "none"] as const;
  const server = createServer((request, response) => {
    const answer = answers[Number(request.url?.slice(1))] ?? 404;
    if (answer === "none") request.socket.destroy();
    else response.writeHead(answer, { location: "/elsewhere" }).end(request.headers.authorization);
  });
  onTestFinished(() => void server.close());
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  for (const url of [...answers.keys()].map((path) => `http://127.0.0.1:${port}/${path}`)) {
    const waiting = waitForReceiver({
      url,
      secret,
      seconds: 0,
      now: Date.now,
      sleep: () => Promise.resolve(),
      report: (message) => watch.note("report", message),
    });
    await expect(waiting).rejects.toThrow("did not answer Okta's challenge");
    watch.note("error", allOf(await waiting.catch((error: unknown) => error)));
  }
  const { findings } = await watch.end();
  expect(inShort(findings.filter(({ place }) => !place.startsWith("answers to")))).toEqual([]);
});

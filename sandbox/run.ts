import { once } from "node:events";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { hasDesktop, openBrowser } from "./console/browser.ts";
import { type Console, createConsole } from "./console/console.ts";
import { type ServedConsole, serveConsole, USUAL_PORT } from "./console/server.ts";
import { DeploymentError } from "./deploy/embedded.ts";
import { CliError, findCli, howToGetCli } from "./engine/cli.ts";
import { deployWithEngine } from "./engine/deployment.ts";
import { announce } from "./engine/workspace.ts";
import { commandVariables, deploy, type Hosting, programFor, startClouds } from "./environment.ts";
import type { Engine, Options } from "./options.ts";
import { proxyFault } from "./own-machine.ts";
import { runScenarios, type SignInResult, scenarios } from "./scenarios.ts";
import { describeTrace, type Screen } from "./screen.ts";

/** What `--json` prints. */
interface Report {
  engine: Engine;
  hosting: Hosting;
  /** How many resources were made. */
  resources: number;
  /** How long that took; 0 when it failed. */
  seconds: number;
  /** Whether Okta verified the event hook. */
  verified: boolean;
  signIns: SignInResult[];
  destroyed: boolean;
  /** What was still there after the destroy. */
  leftovers: string[];
  ok: boolean;
}

const APP_USERS = "App Users";

/** Starts both clouds, deploys, signs people in, and destroys everything when it is stopped or done. */
export async function run(options: Options, screen: Screen): Promise<Report> {
  const fault = proxyFault(process.env, process.execArgv);
  if (fault !== undefined) throw new Error(fault);
  const cli = options.engine === "embedded" ? undefined : await findCli();
  if (cli === undefined && options.engine === "pulumi") {
    throw new CliError(`There is no Pulumi CLI here. ${howToGetCli}`);
  }
  const report: Report = {
    engine: cli === undefined ? "embedded" : "pulumi",
    hosting: options.hosting ?? "functions",
    resources: 0,
    seconds: 0,
    verified: false,
    signIns: [],
    destroyed: false,
    leftovers: [],
    ok: false,
  };
  const { hosting } = options;
  const stopped = stopSignal(screen);
  let onEvent = (_uuid: string) => {};
  let console: Console | undefined;
  const clouds = await startClouds({
    followsSchedules: true,
    onOkta(notice) {
      if (notice.kind === "verification") report.verified = notice.ok;
      screen.onOkta(notice);
      console?.onOkta(notice);
      if (notice.kind === "event") onEvent(notice.uuid);
    },
    onGoogle(notice) {
      screen.onGoogle(notice);
      console?.onGoogle(notice);
    },
    ...(options.once ? {} : { onExchange: (exchange) => console?.traces.onExchange(exchange) }),
  });
  console = createConsole({ clouds, engine: report.engine });
  const { traces, setPhase } = console;
  let served: ServedConsole | undefined;
  try {
    screen.heading("Okta and Google Cloud, on this machine");
    screen.line(`  Okta          ${clouds.okta.url}`);
    screen.line(`  Google Cloud  ${clouds.google.url}`);
    if (!options.once) {
      served = await serveConsole(console, { port: USUAL_PORT });
      screen.line(`  Console       ${served.url}`);
      const isSeen = process.stdout.isTTY && hasDesktop(process.env, process.platform);
      if (options.open ?? isSeen) openBrowser(served.url);
    }

    screen.heading(`Deploying the program${hosting === "service" ? " as Cloud Run services" : ""}`);
    screen.line("  It starts, bundles the functions and declares its resources …");
    setPhase("deploying");
    const began = Date.now();
    let destroy = async () => {};
    try {
      const deployment =
        cli === undefined
          ? await deploy(clouds, {
              hosting,
              onProgress: (progress) => {
                screen.onProgress(progress);
                console?.onProgress(progress);
              },
              onRegistration: console.onRegistration,
              signal: stopped,
            })
          : await deployWithEngine({
              ...programFor(clouds, { hosting }),
              cli,
              onWorkspace: console.onWorkspace,
              signal: stopped,
              onLine: screen.line,
              colour: screen.colour,
            });
      destroy = deployment.destroy;
      report.resources = deployment.resources;
      report.seconds = Math.round((Date.now() - began) / 100) / 10;
      screen.line(`  ${deployment.resources} resources in ${report.seconds.toFixed(1)} s`);
      setPhase("up");
      const groupId = groupOf(deployment.outputs["groupIds"]);

      screen.heading("Signing people in");
      report.signIns = await runScenarios(scenarios, clouds, groupId, traces, (result, trace) => {
        const verdict = `${result.member ? "in" : "not in"} ${APP_USERS}, ${result.milliseconds} ms`;
        const text = `${result.case.padEnd(36)} ${describeTrace(trace)} → ${verdict}`;
        if (result.member === result.expected) screen.good(text);
        else screen.bad(text);
      });
      if (!options.once) {
        onEvent = async (uuid) => {
          // Okta records an event just before it starts to deliver it.
          await setImmediate();
          await clouds.idle();
          const trace = traces.of(uuid);
          // The org also records what happens to event hooks, for example.
          if (trace === undefined || !trace.eventType.startsWith("user.")) return;
          const groups = clouds.okta.groupsOf(trace.actorId);
          screen.line(`  ${describeTrace(trace)} → in ${groups.join(", ") || "no group"}`);
        };
        const retract =
          "workspace" in deployment
            ? await announce(deployment.workspace, commandVariables(clouds))
            : async () => {};
        screen.heading("Up: sign in more people");
        if (served !== undefined) screen.line(`  In the console: ${served.url}`);
        if (cli !== undefined) screen.line("  From another terminal: npm run sandbox -- preview, or --help");
        try {
          await takeSignIns(clouds.okta.url, screen, stopped);
        } finally {
          await retract();
        }
      }
    } catch (error) {
      if (!(error instanceof DeploymentError)) throw error;
      screen.bad(error.message);
      setPhase("failed", error.message);
      destroy = error.destroy;
    }

    screen.heading("Destroying everything");
    setPhase("destroying");
    await console.settle();
    await destroy();
    report.destroyed = true;
    report.leftovers = clouds.leftovers();
    for (const leftover of report.leftovers) screen.bad(`still there: ${leftover}`);
    if (report.leftovers.length === 0) screen.good("both clouds are empty again");
  } finally {
    console.close();
    await served?.close();
    await clouds.close();
  }
  report.ok =
    report.verified &&
    report.destroyed &&
    report.leftovers.length === 0 &&
    report.signIns.length === scenarios.flat().length &&
    report.signIns.every(({ expected, member }) => expected === member);
  return report;
}

/** The first Ctrl-C ends what is going on and destroys, as a closed pipe does; a second one ends the program at once. */
function stopSignal(screen: Screen): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    screen.line("\nStopping: everything is destroyed first. Once more ends at once.");
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  // The reader of the output has gone, as `| head` does.
  process.stdout.on("error", () => controller.abort());
  return controller.signal;
}

function groupOf(groupIds: unknown): string {
  const id: unknown = Reflect.get(Object(groupIds), APP_USERS);
  if (typeof id !== "string") throw new Error(`The program exports no id of the group "${APP_USERS}".`);
  return id;
}

/** Says how to sign more people in, and takes logins that are typed, until the signal fires. */
async function takeSignIns(oktaUrl: string, screen: Screen, stopped: AbortSignal): Promise<void> {
  const door = `${oktaUrl}/sandbox/sign-ins`;
  const typed = process.stdin.isTTY;
  if (typed)
    screen.line("  Type a login, such as somebody@example.com, and press Enter; or, from another terminal:");
  screen.line(`  curl ${door} -H 'content-type: application/json' -d '{"login":"somebody@example.com"}'`);
  screen.line("  Ctrl-C destroys everything and ends.\n");
  const lines = typed ? createInterface({ input: process.stdin }) : undefined;
  lines?.on("line", async (line) => {
    if (line.trim() === "") return;
    const response = await fetch(door, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ login: line.trim() }),
    });
    if (!response.ok) screen.bad(await response.text());
  });
  // Without a terminal nothing else need keep the process alive: the two clouds' servers do.
  if (!stopped.aborted) await once(stopped, "abort");
  lines?.close();
}

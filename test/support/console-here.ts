import { type Console, createConsole } from "../../sandbox/console/console.ts";
import { type ServedConsole, type ServerOptions, serveConsole } from "../../sandbox/console/server.ts";
import { deployEmbedded } from "../../sandbox/deploy/embedded.ts";
import type { Provider } from "../../sandbox/deploy/handler.ts";
import { type Clouds, programFor, startClouds } from "../../sandbox/environment.ts";
import type { Exchange } from "../../sandbox/exchange.ts";
import { type HandClock, handClock } from "./hand-clock.ts";
import { runInSharedProcess } from "./programs.ts";

/** What happens while the program is deployed; each is waited for. */
export interface DeploymentSteps {
  /** The console is served, and the program has not started. @param url the address with the token */
  beforeProgram?(url: string): Promise<void>;
  /** The event hook is about to be made, which depends on most resources. */
  beforeEventHook?(): Promise<void>;
}

/** A sandbox with its console, in the test's own process. */
export interface ConsoleHere {
  readonly clouds: Clouds;
  readonly console: Console;
  /** Moves the time by which alerts fire. */
  readonly clock: HandClock;
  /** The address with the token. */
  readonly url: string;
  readonly origin: string;
  /** Every exchange as it went over the wire, with its secrets. */
  readonly exchanges: readonly Exchange[];
  /** Serves the console again at the same address; or another one, which knows nothing of what was before. */
  restart(other?: Console): Promise<void>;
  /** Ends the console's server. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** The token in the address of every console here. */
export const TOKEN = "token-of-the-test";

/** Serves the console of new clouds, and deploys the program onto them. */
export async function startConsoleHere(steps: DeploymentSteps = {}): Promise<ConsoleHere> {
  let current: Console | undefined;
  const exchanges: Exchange[] = [];
  const clouds = await startClouds({
    onOkta: (notice) => current?.onOkta(notice),
    onGoogle: (notice) => current?.onGoogle(notice),
    onExchange(exchange) {
      exchanges.push(exchange);
      current?.traces.onExchange(exchange);
    },
  });
  const clock = handClock();
  const console = createConsole({ clouds, engine: "embedded", clock });
  current = console;
  const options: ServerOptions = { token: TOKEN };
  let served: ServedConsole = await serveConsole(console, options);
  const { origin, url } = served;
  console.setPhase("deploying");
  await steps.beforeProgram?.(url);
  const program = programFor(clouds);
  const deployment = await deployEmbedded({
    ...program,
    providers: beforeEventHook(program.providers, async () => steps.beforeEventHook?.()),
    start: runInSharedProcess,
    onProgress: console.onProgress,
    onRegistration: console.onRegistration,
    signal: new AbortController().signal,
  });
  console.setPhase("up");
  return {
    clouds,
    console,
    clock,
    url,
    origin,
    exchanges,
    stop: () => served.close(),
    async restart(other = console) {
      served = await serveConsole(other, { ...options, port: Number(new URL(origin).port) });
    },
    async close() {
      console.close();
      await served.close();
      await deployment.destroy();
      await clouds.close();
    },
  };
}

/** The providers, with a step before the event hook is made. */
function beforeEventHook(
  providers: Readonly<Record<string, Provider>>,
  step: () => Promise<void>,
): Readonly<Record<string, Provider>> {
  const type = "okta:index/eventHook:EventHook";
  const { okta } = providers;
  const handler = okta?.resources[type];
  if (okta === undefined || handler === undefined) throw new Error("Okta's provider makes no event hook.");
  const waiting = {
    ...handler,
    async create(inputs: Parameters<typeof handler.create>[0]) {
      await step();
      return handler.create(inputs);
    },
  };
  return { ...providers, okta: { ...okta, resources: { ...okta.resources, [type]: waiting } } };
}

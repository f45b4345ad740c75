import { type Console, createConsole } from "../../sandbox/console/console.ts";
import { type ServedConsole, type ServerOptions, serveConsole } from "../../sandbox/console/server.ts";
import { deployEmbedded } from "../../sandbox/deploy/embedded.ts";
import { type Clouds, programFor, startClouds } from "../../sandbox/environment.ts";
import type { Exchange } from "../../sandbox/exchange.ts";
import { runInSharedProcess } from "./programs.ts";

/** A sandbox with its console, in the test's own process. */
export interface ConsoleHere {
  readonly clouds: Clouds;
  readonly console: Console;
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

/** Deploys the program onto new clouds, and serves their console. */
export async function startConsoleHere(): Promise<ConsoleHere> {
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
  const console = createConsole({ clouds, engine: "embedded" });
  current = console;
  console.setPhase("deploying");
  const deployment = await deployEmbedded({
    ...programFor(clouds),
    start: runInSharedProcess,
    onProgress: console.onProgress,
    onRegistration: console.onRegistration,
    signal: new AbortController().signal,
  });
  console.setPhase("up");
  const options: ServerOptions = { token: TOKEN };
  let served: ServedConsole = await serveConsole(console, options);
  const { origin, url } = served;
  return {
    clouds,
    console,
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

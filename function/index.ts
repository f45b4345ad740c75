import type { FunctionName } from "./contract.ts";
import { register, takeOverServer } from "./framework.ts";
import type { Handler } from "./http.ts";
import { createLog } from "./log.ts";
import { type OktaOutside, realOutside } from "./wiring/outside.ts";

const log = createLog(process.env["PROJECT"] ?? "", (line) => process.stdout.write(`${line}\n`));

/** Each function loads only what it needs, so that the public one starts without Okta's client. */
const functions: Readonly<Record<FunctionName, () => Promise<Handler>>> = {
  receive: async () => (await import("./wiring/receive.ts")).wireReceive(log, process.env, realOutside()),
  grant: async () => (await import("./wiring/grant.ts")).wireGrant(log, process.env, await oktaOutside()),
  reconcile: async () =>
    (await import("./wiring/reconcile.ts")).wireReconcile(log, process.env, await oktaOutside()),
};

async function oktaOutside(): Promise<OktaOutside> {
  const { connectToOkta } = await import("./okta/connection.ts");
  return { ...realOutside(), connectToOkta };
}

for (const [name, load] of Object.entries(functions)) {
  let loading: Promise<Handler> | undefined;
  const handler: Handler = async (request, response) => {
    loading ??= load();
    await (await loading)(request, response);
  };
  register(name, handler, log);

  if (process.env["FUNCTION_TARGET"] === name) {
    takeOverServer(handler, log);
    // It loads at start, not at the first request, and a wrong setting stops the deployment.
    loading = load();
    loading.catch((error: unknown) => {
      log.critical("The function cannot start.", {
        reason: error instanceof Error ? error.message : "unknown",
      });
      process.exit(1);
    });
  }
}

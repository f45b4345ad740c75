import { type FunctionProcess, type Server, startFunction } from "../../support/function-process.ts";
import { type FakeGoogle, startFakeGoogle } from "../../support/google.ts";
import { deliver } from "./honest.ts";

export const MEBIBYTE = 1024 * 1024;

/** What an instance of `receive` has by default, in bytes; of it Google's buildpack gives JavaScript all but 64 MiB. */
export const MEMORY = 512 * MEBIBYTE;

/** The secret that Okta sends. */
export const SECRET = "s3cret-of-the-hook";

/** `receive` in a process of its own, and the Google services that it calls. */
export interface Receiver {
  readonly google: FakeGoogle;
  readonly receive: FunctionProcess;
  stop(): Promise<void>;
}

/**
 * Starts it, and makes one delivery: with the first one an instance also gets a token.
 *
 * @param server what serves it
 */
export async function startReceiver(server?: Server): Promise<Receiver> {
  const google = await startFakeGoogle();
  const variables = {
    RULES: JSON.stringify([{ groupId: "00gAppUsers", on: ["user.session.start"] }]),
    QUEUE: "projects/p/locations/l/queues/q",
    GRANT_URL: "https://grant.example.com",
    PROJECT: "acme",
    HOOK_SECRET: SECRET,
    NODE_OPTIONS: `--max-old-space-size=${MEMORY / MEBIBYTE - 64}`,
    GCE_METADATA_HOST: google.metadataHost,
    CLOUD_TASKS_ENDPOINT: google.url,
  };
  const receive = await startFunction("receive", variables, server);
  const answer = await deliver(receive.port, SECRET);
  if (answer !== 204) throw new Error(`The first delivery was answered by ${answer}.`);
  google.tasks.length = 0;
  return {
    google,
    receive,
    async stop() {
      await receive.stop();
      google.close();
    },
  };
}

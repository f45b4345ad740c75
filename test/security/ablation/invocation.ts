import { randomUUID } from "node:crypto";
import type { Deployed } from "./deployment.ts";
import { placeOf } from "./identities.ts";

/** Sends requests from inside Google Cloud, as any account or as nobody. */
export interface InternalCaller {
  /** @returns the status of the answer */
  call(url: string, token?: { readonly email: string; readonly audience: string }): Promise<number>;
}

/**
 * A queue that sends to any address. Its requests count as internal, so that what refuses them is the function's own
 * list of invokers.
 */
export async function createInternalCaller(deployed: Deployed): Promise<InternalCaller> {
  const { history, owner } = deployed.google;
  const { parent } = placeOf(deployed);
  const queue = `${parent}/queues/internal-calls`;
  await owner.call("POST", `/v2/${parent}/queues`, {
    name: queue,
    retryConfig: { maxAttempts: 1, maxRetryDuration: "1s" },
  });
  return {
    async call(url, token) {
      const id = randomUUID();
      const oidcToken = token && { serviceAccountEmail: token.email, audience: token.audience };
      const headers = { "Content-Type": "application/json" };
      const body = Buffer.from("{}").toString("base64");
      const httpRequest = { url, headers, body, ...(oidcToken && { oidcToken }) };
      await owner.call("POST", `/v2/${queue}/tasks`, { task: { name: `${queue}/tasks/${id}`, httpRequest } });
      const status = await history.until("the answer to an internal call", (notices) => {
        const finished = notices.find(
          (notice) => notice.kind === "task" && notice.event === "finished" && notice.task === id,
        );
        return finished?.kind === "task" ? (finished.status ?? 0) : undefined;
      });
      await owner.remove(`/v2/${queue}/tasks/${id}`);
      return status;
    },
  };
}

import { vi } from "vitest";
import type { Local } from "../local.ts";

/** Waits until no version of a key is being made any more; before that none can be destroyed. */
export async function generated(local: Local, key: string): Promise<void> {
  await vi.waitUntil(async () => {
    const { body } = await local.call("GET", `/v1/${key}/cryptoKeyVersions`);
    return !JSON.stringify(body).includes("PENDING_GENERATION");
  }, 10_000);
}

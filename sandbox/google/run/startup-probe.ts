import { setTimeout as delay } from "node:timers/promises";

/** A request that an instance must answer before it gets others. */
export interface StartupProbe {
  readonly path: string;
  /** How many times it may fail in a row before the instance has failed. */
  readonly failureThreshold: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
}

/**
 * Asks an instance until it answers well or has failed too often. The first request comes as soon as it listens.
 * @returns whether it passed
 */
export async function passes(port: number, probe: StartupProbe, hasExited: () => boolean): Promise<boolean> {
  for (let failures = 0; failures < probe.failureThreshold && !hasExited(); failures++) {
    if (failures > 0) await delay(probe.periodSeconds * 1000);
    if (await succeeds(port, probe)) return true;
  }
  return false;
}

/** A status from 200 to 399 counts as success (Cloud Run, Container health checks). */
async function succeeds(port: number, { path, timeoutSeconds }: StartupProbe): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal, redirect: "manual" });
    await response.body?.cancel();
    return response.status >= 200 && response.status < 400;
  } catch {
    return false;
  }
}

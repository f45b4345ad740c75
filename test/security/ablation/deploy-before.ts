import { afterAll, beforeAll } from "vitest";
import type { Hosting } from "../../../sandbox/environment.ts";
import { type Deployed, deployOnce } from "./deployment.ts";
import { type Way, waysThrough } from "./ways.ts";

/** The program as it is deployed, and all that must work. */
interface Ready {
  readonly deployed: Deployed;
  readonly ways: readonly Way[];
}

/** Deploys the program before the tests of a file, and closes its clouds after them. @returns what gives it to a test */
export function deployBefore(hosting: Hosting): () => Ready {
  let ready: Ready | undefined;

  beforeAll(async () => {
    const deployed = await deployOnce(hosting);
    ready = { deployed, ways: waysThrough(deployed) };
  }, 300_000);

  afterAll(() => ready?.deployed.clouds.close());

  return () => {
    if (ready === undefined) throw new Error("The program is not deployed yet.");
    return ready;
  };
}

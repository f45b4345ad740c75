import type { Deployed } from "./deployment.ts";
import type { Grant } from "./grants.ts";
import { tasksAreDone } from "./tasks.ts";
import { verify, type Way } from "./ways.ts";

/** A grant, and the ways that are closed without it. */
export interface Ablation {
  readonly grant: Grant;
  readonly closed: readonly string[];
}

const FUNCTIONS = ["receive", "grant", "reconcile"];

/** Tries every way with processes that were started anew, so that no token and no secret of before helps. */
export async function closedWays({ clouds }: Deployed, ways: readonly Way[]): Promise<string[]> {
  for (const way of ways) way.prepare?.();
  await Promise.all(FUNCTIONS.map((name) => clouds.google.kill(name, "SIGKILL")));
  const closed: string[] = [];
  for (const way of ways) if (!(await way.works())) closed.push(way.name);
  return closed;
}

/** Takes grants away one at a time, tries every way without each, and gives it back. */
export async function ablate(
  deployed: Deployed,
  ways: readonly Way[],
  grants: readonly Grant[],
): Promise<Ablation[]> {
  const ablations: Ablation[] = [];
  for (const grant of grants) {
    const giveBack = await grant.takeAway();
    ablations.push({ grant, closed: await closedWays(deployed, ways) });
    await giveBack();
    // A hook that could not be verified gets nothing until it is.
    if (!(await verify(deployed))) throw new Error("The hook can't be verified though the right is back.");
    await tasksAreDone(deployed.google);
  }
  return ablations;
}

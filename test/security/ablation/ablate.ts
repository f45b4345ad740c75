import type { Deployed } from "./deployment.ts";
import type { Grant } from "./grants.ts";
import type { Narrower } from "./narrower.ts";
import { tasksAreDone } from "./tasks.ts";
import { verify, type Way } from "./ways.ts";

/** A grant, and the ways that are closed without it. */
export interface Ablation {
  readonly grant: Grant;
  readonly closed: readonly string[];
}

const FUNCTIONS = ["receive", "grant", "reconcile"];

/** The ways that are closed. They are tried with processes that were started anew, so that no token and no secret of before helps. */
export async function closedWays(deployed: Deployed, ways: readonly Way[]): Promise<string[]> {
  const closed: string[] = [];
  for await (const way of closedAmong(deployed, ways)) closed.push(way.name);
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
    await settle(deployed);
  }
  return ablations;
}

/** What came of narrower grants: the names of all that were tried, and of those with which every way stayed open. */
export interface Trials {
  readonly tried: readonly string[];
  readonly sufficient: readonly string[];
}

/** Puts narrower grants in place one at a time, and tries with each until a way is closed. */
export async function tryNarrower(
  deployed: Deployed,
  ways: readonly Way[],
  narrower: readonly Narrower[],
): Promise<Trials> {
  const tried: string[] = [];
  const sufficient: string[] = [];
  for (const { name, putInPlace } of narrower) {
    const giveBack = await putInPlace();
    if (giveBack === undefined) continue;
    tried.push(name);
    const { done: isOpen } = await closedAmong(deployed, ways).next();
    if (isOpen) sufficient.push(name);
    await giveBack();
    await settle(deployed);
  }
  return { tried, sufficient };
}

async function* closedAmong({ clouds }: Deployed, ways: readonly Way[]): AsyncGenerator<Way, undefined> {
  for (const way of ways) way.prepare?.();
  await Promise.all(FUNCTIONS.map((name) => clouds.google.kill(name, "SIGKILL")));
  for (const way of ways) if (!(await way.works())) yield way;
}

async function settle(deployed: Deployed): Promise<void> {
  // A hook that could not be verified gets nothing until it is.
  if (!(await verify(deployed))) throw new Error("The hook can't be verified though the right is back.");
  await tasksAreDone(deployed.google);
}

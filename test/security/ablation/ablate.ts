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

/** The ways that are closed. */
export async function closedWays(deployed: Deployed, ways: readonly Way[]): Promise<string[]> {
  await prepare(deployed, ways);
  const open = new Set<Way>();
  const tryOut = async (turn: Way["turn"]) => {
    for (const way of ways) if (way.turn === turn && (await way.works())) open.add(way);
  };
  await Promise.all([tryOut(undefined), tryOut("beside")]);
  await tryOut("last");
  return ways.filter((way) => !open.has(way)).map(({ name }) => name);
}

/** Tries them one after the other, until one is closed. */
async function areOpen(deployed: Deployed, ways: readonly Way[]): Promise<boolean> {
  await prepare(deployed, ways);
  for (const way of ways) if (!(await way.works())) return false;
  return true;
}

/** Ways are tried with processes that were started anew, so that no token and no secret of before helps. */
async function prepare({ clouds }: Deployed, ways: readonly Way[]): Promise<void> {
  for (const way of ways) way.prepare?.();
  if (ways.every(({ isOfCloud }) => isOfCloud)) return;
  await Promise.all(FUNCTIONS.map((name) => clouds.google.kill(name, "SIGKILL")));
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
    if (await areOpen(deployed, ways)) sufficient.push(name);
    await giveBack();
    await settle(deployed);
  }
  return { tried, sufficient };
}

async function settle(deployed: Deployed): Promise<void> {
  // A hook that could not be verified gets nothing until it is.
  if (!(await verify(deployed))) throw new Error("The hook can't be verified though the right is back.");
  await tasksAreDone(deployed.google);
}

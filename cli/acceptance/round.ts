import { AccessError } from "../command.ts";
import { reasonOf } from "../google.ts";
import type { Look } from "./look.ts";
import { createProbe } from "./probe.ts";
import type { Seen } from "./progress.ts";
import { type StepName, stepNames } from "./steps.ts";
import { StepError, type Work, work } from "./work.ts";

/**
 * Does the steps that are not done yet, in their order, and after each the looks that belong to it. Ends at the first step that
 * fails.
 *
 * @returns whether all are done
 * @throws AccessError when a step could not look; the signal's reason when it was interrupted
 */
export async function runRound(
  of: Work,
  names: readonly StepName[],
  looks: readonly Look[],
): Promise<boolean> {
  const { progress, screen, clock, signal } = of;
  for (const [index, name] of stepNames.filter((one) => names.includes(one)).entries()) {
    const place = `${String(index + 1).padStart(2)}/${names.length}`;
    if (progress.steps[name]?.state === "done") screen.line(`${place}  ${name}: done before`);
    else {
      screen.line(`${place}  ${name}`);
      const begun = clock.now();
      const result = await work[name](of).then(
        (notes) => ({ state: "done" as const, notes }),
        (error: unknown) => {
          signal.throwIfAborted();
          if (error instanceof StepError) return { state: "failed" as const, notes: [error.message] };
          if (error instanceof AccessError) throw error;
          throw new AccessError(`${name}: ${reasonOf(error)}`);
        },
      );
      progress.steps[name] = { ...result, seconds: Math.round((clock.now() - begun) / 1000) };
      await of.save();
      for (const note of result.notes) screen.line(note.replaceAll(/^/gm, "       "));
      if (result.state === "failed") return false;
    }
    await makeLooks(
      of,
      looks.filter(({ after }) => after === name),
    );
  }
  return true;
}

/** Makes looks that were not made yet. */
async function makeLooks(of: Work, looks: readonly Look[]): Promise<void> {
  const { progress, screen, api, scrub, clock, signal } = of;
  const open = looks.filter(({ id }) => progress.looks[id] === undefined);
  if (open.length === 0) return;
  const stack = await of.readStack();
  for (const look of open.filter(({ hosting }) => (hosting ?? stack.hosting) === stack.hosting)) {
    screen.progress(`    looking: ${look.id}`);
    const probe = createProbe(look.id, { stack, api, scrub, clock, signal, facts: progress.facts });
    const seen = await look.make(probe);
    signal.throwIfAborted();
    progress.looks[look.id] = seen;
    progress.exchanges = [
      ...progress.exchanges.filter((exchange) => exchange.look !== look.id),
      ...probe.exchanges,
    ];
    await of.save();
    screen.clear();
    screen.line(`       ${look.id}: ${countsOf(seen)}`);
    for (const { verdict, begins, expected, seen: what } of seen) {
      if (verdict === "refuted")
        screen.line(`         refuted: ${begins} …: expected ${expected}, seen ${what}`);
    }
  }
}

function countsOf(seen: readonly Seen[]): string {
  const counts = (["confirmed", "refuted", "not seen"] as const).map(
    (verdict) => [seen.filter((one) => one.verdict === verdict).length, verdict] as const,
  );
  return counts
    .filter(([count]) => count > 0)
    .map(([count, verdict]) => `${count} ${verdict}`)
    .join(", ");
}

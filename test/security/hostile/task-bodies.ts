import fc from "fast-check";
import { type Change, change } from "./changes.ts";
import { mutate, mutations } from "./mutations.ts";

/** Bodies of tasks: honest ones, such whose fields were changed, and such whose bytes were. */
export function taskBodies(honest: readonly object[], changes: fc.Arbitrary<Change>): fc.Arbitrary<Buffer> {
  const changed = fc
    .tuple(fc.constantFrom(...honest), fc.array(changes, { maxLength: 2 }))
    .map(([task, all]) => Buffer.from(JSON.stringify(all.reduce(change, task)) ?? ""));
  const original = fc.constantFrom(...honest.map((task) => Buffer.from(JSON.stringify(task))));
  const mutated = fc
    .tuple(changed, mutations, original)
    .map(([bytes, all, other]) => mutate(bytes, all, other));
  return fc.oneof(
    { weight: 10, arbitrary: changed },
    { weight: 9, arbitrary: mutated },
    { weight: 1, arbitrary: fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)) },
  );
}

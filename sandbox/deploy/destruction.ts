import { performance } from "node:perf_hooks";
import type { Made, ProgressListener } from "./creation.ts";

/** Resources that were not deleted, and why. */
export class DestructionError extends Error {
  override readonly name = "DestructionError";
}

/**
 * Deletes resources, each one as soon as nothing depends on it any more, and takes those that are gone out of
 * `resources`. What `retainOnDelete` keeps stays in the cloud; what is `deletedWith` another goes with that one.
 * What depends on a failed deletion is gone by then; what that one depends on stays, so that a later call goes on.
 * @param resources by URN, in the order of their creation
 * @throws DestructionError when one of them is protected (nothing is deleted then), or could not be deleted
 */
export async function destroyResources(
  resources: Map<string, Made>,
  onProgress: ProgressListener,
): Promise<void> {
  refuseProtected(resources);
  const failures: string[] = [];
  const destructions: Promise<boolean>[] = [];
  const dependents = new Map<string, Promise<boolean>[]>();
  // Whatever depends on a resource was created after it, so the reverse order meets it first.
  for (const made of [...resources.values()].reverse()) {
    const { urn } = made.registration;
    const gone = Promise.all(dependents.get(urn) ?? []).then(async (outcomes) => {
      if (outcomes.includes(false)) return false;
      const failure = await destroyOne(made, resources, onProgress);
      if (failure === undefined) return resources.delete(urn);
      failures.push(failure);
      return false;
    });
    destructions.push(gone);
    for (const needed of neededBy(made)) dependents.set(needed, [...(dependents.get(needed) ?? []), gone]);
  }
  await Promise.all(destructions);
  if (failures.length > 0) throw new DestructionError(failures.join("\n"));
}

/** Answers why the resource could not be deleted, if so. */
async function destroyOne(
  { registration, state, handler }: Made,
  resources: ReadonlyMap<string, Made>,
  onProgress: ProgressListener,
): Promise<string | undefined> {
  const { type, name, retainOnDelete, deletedWith } = registration;
  if (handler === undefined) return undefined;
  if (retainOnDelete) {
    onProgress({ kind: "retained", type, name });
    return undefined;
  }
  const start = performance.now();
  const milliseconds = (): number => performance.now() - start;
  onProgress({ kind: "deleting", type, name });
  try {
    if (deletedWith === undefined || !resources.has(deletedWith)) await handler.delete(state);
    onProgress({ kind: "deleted", type, name, milliseconds: milliseconds() });
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    onProgress({ kind: "failed", type, name, milliseconds: milliseconds(), message });
    return `${type} "${name}" was not deleted: ${message}`;
  }
}

function refuseProtected(resources: ReadonlyMap<string, Made>): void {
  const guarded = [...resources.values()].filter(({ registration }) => registration.protect);
  if (guarded.length === 0) return;
  const names = guarded.map(({ registration: { type, name } }) => `${type} "${name}"`).join(", ");
  throw new DestructionError(
    `Nothing was deleted, since the program protects ${names}: take "protect" away first`,
  );
}

/** The URNs of all that must outlive a resource. */
function neededBy({ registration }: Made): ReadonlySet<string> {
  const { dependencies, parent, provider, deletedWith } = registration;
  // A reference to a provider is its URN and its id, joined as the URN's own parts are.
  const providerUrn = provider?.split("::").slice(0, -1).join("::");
  return new Set([...dependencies, parent, providerUrn, deletedWith].filter((urn) => urn !== undefined));
}

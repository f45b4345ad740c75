import { PartialCreateError, type ResourceState } from "../handler.ts";

/** The error of a creation of which a later call failed: what the first call made stays in the state. */
export function halfMade(cause: unknown, state: ResourceState): PartialCreateError {
  return new PartialCreateError(cause instanceof Error ? cause.message : String(cause), state, { cause });
}

import { PartialCreateError, type ResourceState } from "../handler.ts";

/**
 * The error of a creation of which a later call failed: what the first call made stays in the state.
 *
 * @decision A resource of which a later call failed stays in the state as it was asked for.
 * @evidence vendor-code: the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a
 *   recording server (an app whose ID token call was refused).
 * @matters deployment fails: the next update goes on from there.
 */
export function partialCreate(cause: unknown, state: ResourceState): PartialCreateError {
  return new PartialCreateError(cause instanceof Error ? cause.message : String(cause), state, { cause });
}

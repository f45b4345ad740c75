import { expect } from "vitest";
import type { Properties, ResourceState } from "../../../../sandbox/deploy/handler.ts";
import type { Local } from "../../google/local.ts";
import { driverOf } from "./driver.ts";

/** Makes resources one by one and unmakes them in reverse, as a driver does. @param programFolder where relative paths start */
export function deployment(local: Local, programFolder: string) {
  const driver = driverOf(local, { programFolder });
  const made: { readonly type: string; readonly state: ResourceState }[] = [];
  return {
    provider: driver.provider,
    async create(type: string, name: string, inputs: Properties) {
      const state = await driver.create(type, name, inputs);
      // A refresh right afterwards finds nothing, and nothing differs from what was asked for.
      const seen = await driver.read(type, state);
      expect(settled(seen)).toEqual(settled(state));
      expect(driver.diff(type, state, inputs, inputs).changed).toEqual([]);
      made.push({ type, state });
      // Outputs are looked at by name in assertions.
      // biome-ignore lint/suspicious/noExplicitAny: see above
      return { id: state.id, outputs: state.outputs as any };
    },
    async destroy() {
      for (const { type, state } of made.reverse()) {
        await driver.delete(type, state);
        // Google keeps rings, keys and their versions, and the program leaves the APIs on.
        if (!/kms\/(?:keyRing|cryptoKey|cryptoKeyVersion):|service:Service/.test(type)) {
          expect(await driver.read(type, state)).toBeUndefined();
        }
      }
    },
  };
}

/** A state without what goes on by itself: a key comes to be, a policy's tag is another after each change. */
function settled(state: ResourceState | undefined) {
  const { state: _state, generateTime: _time, etag: _etag, ...outputs } = state?.outputs ?? {};
  return { id: state?.id, outputs };
}

import { GoogleRefusal } from "../../../sandbox/deploy/google/client.ts";
import type { Properties, ResourceHandler } from "../../../sandbox/deploy/handler.ts";
import type { Declared } from "./declared.ts";

/** Undoes a change. */
export type Undo = () => Promise<void>;

/** Deletes a resource. */
export async function takeAway(declared: Declared): Promise<Undo> {
  const { handler, inputs } = declared;
  await handler.delete(declared.state);
  return async () => {
    declared.state = await handler.create(inputs);
  };
}

/**
 * Makes another resource in place of one.
 *
 * @returns undefined, with everything as before, when Google has no such role for such a resource
 */
export async function putInPlace(
  declared: Declared,
  handler: ResourceHandler,
  inputs: Properties,
): Promise<Undo | undefined> {
  const giveBack = await takeAway(declared);
  try {
    const state = await handler.create(inputs);
    return async () => {
      await handler.delete(state);
      await giveBack();
    };
  } catch (error) {
    await giveBack();
    if (error instanceof GoogleRefusal && error.message.includes("is not supported for this resource")) {
      return undefined;
    }
    throw error;
  }
}

/** Changes inputs of a resource in place. */
export async function changeInputs(declared: Declared, others: Properties): Promise<Undo> {
  const { handler, inputs } = declared;
  const change = async (changed: Properties) => {
    const state = await handler.update?.(declared.state, changed);
    if (state === undefined) throw new Error(`A ${declared.type} can't be changed.`);
    declared.state = state;
  };
  await change({ ...inputs, ...others });
  return () => change(inputs);
}

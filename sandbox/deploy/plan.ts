import type { Properties } from "./handler.ts";
import { isAsset, isObject } from "./properties.ts";

/**
 * The outputs of a resource as they will be after an update, as far as a preview can tell: what the program asks for in
 * place of what it asked for before, and everything that the cloud fills in as it is now.
 */
export function planUpdate(outputs: Properties, oldInputs: Properties, inputs: Properties): Properties {
  const kept = Object.entries(outputs).filter(
    ([key]) => inputs[key] !== undefined || oldInputs[key] === undefined,
  );
  const merged = Object.entries(inputs).map(([key, input]) => {
    const [output, oldInput] = [outputs[key] ?? null, oldInputs[key] ?? null];
    if (!isObject(input) || !isObject(output) || isAsset(input)) return [key, input];
    return [key, planUpdate(output, isObject(oldInput) ? oldInput : {}, input)];
  });
  return { ...Object.fromEntries(kept), ...Object.fromEntries(merged) };
}

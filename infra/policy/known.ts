import { UnknownValueError } from "@pulumi/policy";

/**
 * What a preview knows: an account that is yet to be made is unknown, and is not everybody. Without this the engine would
 * leave the whole policy out of such a preview, and say so.
 *
 * @param otherwise in place of what is not known
 */
export function known<Value>(read: () => Value): Value | undefined;
export function known<Value>(read: () => Value, otherwise: Value): Value;
export function known<Value>(read: () => Value, otherwise?: Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnknownValueError) return otherwise;
    throw error;
  }
}

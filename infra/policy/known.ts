import { UnknownValueError } from "@pulumi/policy";

/**
 * What a preview knows: an account that is yet to be made is unknown, and is not everybody. Without this the engine would
 * leave the whole policy out of such a preview.
 */
export function known<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnknownValueError) return undefined;
    throw error;
  }
}

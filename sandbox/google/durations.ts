import type { Fields } from "./fields.ts";

const FORM = /^(\d{1,12})(?:\.(\d{1,9}))?s$/;

/** Reads a duration such as "3.5s" (protobuf, JSON mapping of Duration) as milliseconds. */
export function optionalDuration(from: Fields, key: string): number | undefined {
  const text = from.optionalString(key);
  if (text === undefined) return undefined;
  const match = FORM.exec(text);
  /**
   * @decision A duration is seconds, with up to nine digits of fraction and an s at the end; another is refused with
   * 400.
   * @evidence documentation: the description of google.protobuf.Duration in the APIs' reference: "A duration in
   * seconds with up to nine fractional digits, ending with 's'" (for example Cloud Scheduler, REST reference v1,
   * Job.attemptDeadline).
   * @matters deployment fails: the program writes its durations so.
   */
  if (!match) throw from.invalid(key, `"${text}" is not a duration in seconds that ends in "s", like "3.5s"`);
  return Number(text.slice(0, -1)) * 1000;
}

/** Writes milliseconds as a duration, with none or three digits of fraction. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return Number.isInteger(seconds) ? `${seconds}s` : `${seconds.toFixed(3)}s`;
}

import { isoTime } from "../clock.ts";

/**
 * The command that puts a part of the past through the rules once more.
 *
 * @param stack name of the Pulumi stack
 * @param since in milliseconds since the epoch, as `until`
 */
export function replayCommand(stack: string, since: number, until: number): string {
  return `npm run replay -- --stack ${stack} --since ${isoTime(since)} --until ${isoTime(until)}`;
}

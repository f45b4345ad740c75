import type { Contender } from "../contenders.ts";

/** All that answer an event hook, but for ours. */
export const HOOKS = ["hello", "bare", "bare-fetch", "express", "framework-tasks", "plain-hook"];

/** Those that do the work of one. */
export const WORKING_HOOKS = HOOKS.filter((name) => name !== "hello");

/** The status of a delivery's answer: the hello world answers everything by 200. */
export function acceptedBy({ name }: Contender): number {
  return name === "hello" ? 200 : 204;
}

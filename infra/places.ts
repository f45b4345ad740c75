import { isPrivateWay } from "./addresses.ts";

/** Whether it is a Google Cloud project id, also one with a domain before it. */
export function isProjectId(text: string): boolean {
  return /^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(text);
}

/** Whether it is the address of an org, without a path and without a slash at its end. */
export function isOrgUrl(text: string): boolean {
  return isPrivateWay(text) && URL.parse(text)?.origin === text;
}

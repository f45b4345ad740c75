import { ForeignLinkError } from "../function/shared/errors.ts";
import { isObject, type JsonObject } from "../function/shared/json.ts";
import { nextPage } from "../function/shared/okta/paging.ts";
import { type LookedUp, lookUp } from "../infra/okta/management-client.ts";

/** The objects of a list that Okta answered; none when it did not. */
export function listOf(answer: LookedUp): readonly JsonObject[] {
  return answer.kind === "found" && Array.isArray(answer.body) ? answer.body.filter(isObject) : [];
}

/** Ids of a user's groups; undefined when they could not be looked up. */
export async function groupsOf(orgUrl: string, userId: string): Promise<readonly string[] | undefined> {
  const answer = await lookUp(orgUrl, "users", `/api/v1/users/${userId}/groups`);
  return answer.kind === "found" ? listOf(answer).map((group) => String(group["id"])) : undefined;
}

const LOG = { path: "/api/v1/logs", name: "the System Log" };

/** How many events of the System Log are read at most, in pages of 1,000. */
const MAXIMUM_PAGES = 20;

/**
 * The events of the System Log within a time, by when they happened (Okta, "System Log API": bounded requests).
 *
 * @param filter in the language of the System Log
 * @param since in milliseconds since the epoch, as `until`
 * @returns the newest 20,000, the first first; or why they could not be read
 */
export async function readLog(
  orgUrl: string,
  { filter, since, until }: { readonly filter: string; readonly since: number; readonly until: number },
): Promise<readonly JsonObject[] | { readonly reason: string }> {
  const time = (milliseconds: number) => new Date(milliseconds).toISOString();
  const query = { since: time(since), until: time(until), filter, limit: "1000", sortOrder: "DESCENDING" };
  const events: JsonObject[] = [];
  let path: string | undefined = `${LOG.path}?${new URLSearchParams(query)}`;
  for (let pages = 0; path !== undefined && pages < MAXIMUM_PAGES; pages += 1) {
    const answer = await lookUp(orgUrl, "logs", path);
    if (answer.kind !== "found") {
      return { reason: answer.kind === "unknown" ? answer.reason : "Okta does not answer" };
    }
    events.push(...listOf(answer));
    try {
      path = nextPage(answer, orgUrl, LOG);
    } catch (error) {
      if (!(error instanceof ForeignLinkError)) throw error;
      return { reason: error.message };
    }
  }
  return events.reverse();
}

import { ForeignLinkError } from "../errors.ts";
import type { OktaAnswer } from "./client.ts";

/** A list that is read page by page. */
export interface PagedList {
  /** Such as `/api/v1/logs`. */
  readonly path: string;
  /** In words, such as "the System Log". */
  readonly name: string;
}

/**
 * Where the next page is (Okta, "Pagination": Link header; RFC 8288).
 *
 * @param orgUrl such as `https://acme.okta.com`
 * @returns path and query, relative to the org; undefined when this was the last page
 * @throws ForeignLinkError
 */
export function nextPage(
  answer: Pick<OktaAnswer, "headers">,
  orgUrl: string,
  list: PagedList,
): string | undefined {
  const { link } = answer.headers;
  const links = Array.isArray(link) ? link : [link ?? ""];
  const next = links.flatMap((value) => [...value.matchAll(/<([^>]*)>\s*;\s*rel="?next"?/g)])[0]?.[1];
  return next === undefined ? undefined : pathWithin(next, orgUrl, list);
}

/**
 * The path and query of the address of a page.
 *
 * @throws ForeignLinkError when it is another host's or another list's, or not an address
 */
export function pathWithin(address: string, orgUrl: string, list: PagedList): string {
  const url = URL.parse(address, orgUrl);
  if (url === null || url.origin !== new URL(orgUrl).origin || url.username !== "" || url.password !== "") {
    throw new ForeignLinkError(`Okta's next link leads away from ${orgUrl}; it is not followed.`);
  }
  const path = `${url.pathname}${url.search}`;
  // Without a query it would start the list again.
  if (path.startsWith(`${list.path}?`)) return path;
  throw new ForeignLinkError(`Okta's next link leads away from ${list.name}; it is not followed.`);
}

const LIMIT = /(?<=[?&]limit=)\d{1,4}(?=&|$)/;

/** How many entries the path of a page requests; `full` if it does not say. From 1 to `full`. */
export function limitOf(path: string, full: number): number {
  const limit = Number(LIMIT.exec(path)?.[0] ?? full);
  return Math.min(Math.max(limit, 1), full);
}

/**
 * The path of the same page with another number of entries. The position is in `after`, of which `limit` is
 * independent (okta-sdk-nodejs 8.1.0, `SystemLogApi.listLogEvents`, `GroupApi.listGroupUsers`: a parameter each).
 */
export function withLimit(path: string, limit: number): string {
  return LIMIT.test(path) ? path.replace(LIMIT, String(limit)) : `${path}&limit=${limit}`;
}

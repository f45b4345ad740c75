import type { OktaAnswer } from "./client.ts";

/** A next link leads away from the org: following it would hand the access token to somebody else. */
export class ForeignLinkError extends Error {
  override readonly name = "ForeignLinkError";
}

/**
 * Where the next page is (Okta, "Pagination": Link header; RFC 8288).
 *
 * @param orgUrl such as `https://acme.okta.com`
 * @returns path and query, relative to the org; undefined when this was the last page
 * @throws ForeignLinkError
 */
export function nextPage(answer: Pick<OktaAnswer, "headers">, orgUrl: string): string | undefined {
  const { link } = answer.headers;
  const links = Array.isArray(link) ? link : [link ?? ""];
  const next = links.flatMap((value) => [...value.matchAll(/<([^>]*)>\s*;\s*rel="?next"?/g)])[0]?.[1];
  return next === undefined ? undefined : pathWithin(next, orgUrl);
}

/**
 * The path and query of an address in the org.
 *
 * @throws ForeignLinkError when it is another host's, or no address at all
 */
export function pathWithin(address: string, orgUrl: string): string {
  const url = URL.parse(address, orgUrl);
  if (url === null || url.origin !== new URL(orgUrl).origin || url.username !== "" || url.password !== "") {
    throw new ForeignLinkError(`Okta's next link leads away from ${orgUrl}; it is not followed.`);
  }
  return `${url.pathname}${url.search}`;
}

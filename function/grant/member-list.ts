import type { Clock, Deadline } from "../shared/clock.ts";
import { ForeignLinkError, MemberListError } from "../shared/errors.ts";
import {
  headerOf,
  type OktaAnswer,
  type OktaRequest,
  type OktaTransport,
  objectOf,
} from "../shared/okta/client.ts";
import { limitOf, nextPage, type PagedList, withLimit } from "../shared/okta/paging.ts";

/** A group's list of members, read page by page. Each call reads one page; a page that fails is read again by the next call. */
export interface MemberList {
  /** When the first page was asked for, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** The same by Okta's clock; undefined until an answer has said it. */
  readonly startedAtOkta: number | undefined;
  /** When the last page came, in milliseconds since the epoch. */
  readonly reachedAt: number;
  /** How many pages were read. */
  readonly pages: number;
  /** Whether the last page was read. */
  readonly isComplete: boolean;
  /**
   * Reads the next page. If it is too large to read, it and the following pages are requested with half as many members.
   *
   * @returns the ids of those on it
   * @throws MemberListError when Okta gives no page, and what the sender throws when Okta was not reached
   */
  readPage(deadline: Deadline): Promise<readonly string[]>;
}

/** The most members that a page may hold (Okta, "Groups API": list all member users). */
const MEMBERS_PER_PAGE = 1000;

/** @param request what each request has besides its path and deadline */
export function createMemberList(
  groupId: string,
  { send, orgUrl, clock }: { readonly send: OktaTransport; readonly orgUrl: string; readonly clock: Clock },
  request: Pick<OktaRequest, "share">,
): MemberList {
  const users: PagedList = {
    path: `/api/v1/groups/${encodeURIComponent(groupId)}/users`,
    name: "the group's members",
  };
  const startedAt = clock.now();
  let startedAtOkta: number | undefined;
  let reachedAt = startedAt;
  let pages = 0;
  let next: string | undefined = `${users.path}?limit=${MEMBERS_PER_PAGE}`;

  return {
    startedAt,
    get startedAtOkta() {
      return startedAtOkta;
    },
    get reachedAt() {
      return reachedAt;
    },
    get pages() {
      return pages;
    },
    get isComplete() {
      return next === undefined;
    },
    async readPage(deadline) {
      if (next === undefined) return [];
      const askedAt = clock.now();
      const path = next;
      const answer = await send({ method: "GET", path, headers: {}, ...request, deadline });
      if (answer.isTooLarge && limitOf(path, MEMBERS_PER_PAGE) > 1) {
        next = withLimit(path, Math.floor(limitOf(path, MEMBERS_PER_PAGE) / 2));
        return this.readPage(deadline);
      }
      if (answer.status !== 200 || !Array.isArray(answer.body)) throw errorOf(answer, pages);
      const following = followLink(answer, orgUrl, users);
      // A page that links to itself would never end.
      if (following === path) throw new MemberListError("refused", "Okta's next link leads to its own page");
      if (pages === 0) startedAtOkta = dateOf(answer) - (clock.now() - askedAt) || undefined;
      next = following;
      pages += 1;
      reachedAt = clock.now();
      return answer.body.flatMap((user: unknown) => {
        const { id } = objectOf({ body: user });
        return typeof id === "string" ? [id] : [];
      });
    },
  };
}

/** When a group's members were last changed, by Okta's clock in milliseconds; undefined when Okta does not say. */
export async function readLastChange(
  groupId: string,
  send: OktaTransport,
  deadline: Deadline,
): Promise<number | undefined> {
  const path = `/api/v1/groups/${encodeURIComponent(groupId)}`;
  const answer = await send({ method: "GET", path, headers: {}, deadline });
  if (answer.status !== 200) throw errorOf(answer, 0);
  const changed = Date.parse(String(objectOf(answer)["lastMembershipUpdated"]));
  return Number.isNaN(changed) ? undefined : changed;
}

function followLink(answer: OktaAnswer, orgUrl: string, users: PagedList): string | undefined {
  try {
    return nextPage(answer, orgUrl, users);
  } catch (error) {
    throw error instanceof ForeignLinkError ? new MemberListError("refused", error.message) : error;
  }
}

function errorOf(answer: OktaAnswer, pages: number): MemberListError {
  const reason = `Okta answered ${answer.status} ${String(objectOf(answer)["errorCode"] ?? "")}`.trimEnd();
  const mayPass = answer.status < 400 || answer.status >= 500 || [408, 425, 429].includes(answer.status);
  if (mayPass) return new MemberListError("unavailable", reason);
  // With these, Okta reports that it no longer knows a link.
  const isLost = pages > 0 && [400, 404, 410].includes(answer.status);
  return new MemberListError(isLost ? "lost" : "refused", reason);
}

function dateOf(answer: OktaAnswer): number {
  return Date.parse(headerOf(answer, "date"));
}

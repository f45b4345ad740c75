import { defineLook, listOf, objectOf, wordOf } from "../look.ts";
import { createPerson, deletePerson } from "../people.ts";
import type { Answer, Probe } from "../probe.ts";
import { ABSENT_GROUP, ABSENT_USER, createGroup, randomName } from "./temporary.ts";

const MEMBERSHIPS = "okta/routes/memberships.ts";
const GROUPS = "okta/routes/groups.ts";

/** Okta's times have whole seconds in some answers: a change within the same second would not show. */
const NEXT_SECOND = 1_100;

/** Groups, people and memberships, as an administrator. */
export const oktaMemberships = defineLook(
  { id: "okta-memberships", after: "look" },
  async (probe) => {
    const { okta, clock, signal } = probe;
    const name = randomName();
    const made = await createGroup(probe, name);
    const { id: groupId } = objectOf(made);
    const group = `/api/v1/groups/${String(groupId)}`;
    const person = await createPerson(probe, name);
    try {
      const search = `type eq "OKTA_GROUP" and profile.name eq "${name}"`;
      const found = await okta("GET", `/api/v1/groups?${new URLSearchParams({ search })}`);
      const second = await createGroup(probe, name);
      if (second.status === 200) await okta("DELETE", `/api/v1/groups/${String(objectOf(second)["id"])}`);
      const put = await okta("PUT", `${group}/users/${person.id}`);
      const before = await okta("GET", group);
      await clock.sleep(NEXT_SECOND, signal);
      const again = await okta("PUT", `${group}/users/${person.id}`);
      const after = await okta("GET", group);
      const list = await okta("GET", `${group}/users?limit=2`);
      const wrongLimit = await okta("GET", `${group}/users?limit=abc`);
      const noUser = await okta("PUT", `${group}/users/${ABSENT_USER}`);
      const noGroup = await okta("PUT", `/api/v1/groups/${ABSENT_GROUP}/users/${person.id}`);
      const deactivated = await okta("POST", `/api/v1/users/${person.id}/lifecycle/deactivate`);
      const stays = await okta("GET", `${group}/users`);
      const removed = await okta("DELETE", `${group}/users/${person.id}`);
      const inactive = await okta("PUT", `${group}/users/${person.id}`);
      const everyone = await addToEveryone(probe, person.id);
      return {
        ...{ made, found, second, put, before, again, after, list, wrongLimit, noUser, noGroup },
        ...{ deactivated, stays, removed, inactive, everyone, personId: person.id },
        deleted: await okta("DELETE", group),
      };
    } finally {
      await okta("DELETE", group);
      await deletePerson(probe, person.id);
    }
  },
  ({ answers, shows }) => [
    answers([GROUPS, "A group is made with 200"], "200", ({ made }) => made),
    shows([GROUPS, "A group that was just made is found at once."], "one group", ({ found }) => [
      found.status === 200 ? listOf(found).length === 1 : undefined,
      found.status === 200 ? `${listOf(found).length} groups` : wordOf(found),
    ]),
    answers(
      [GROUPS, "Two groups that were made in the org can't have the same name"],
      "400 E0000001",
      ({ second }) => second,
    ),
    answers([MEMBERSHIPS, "A PUT of a user into a group is answered with 204"], "204", ({ put }) => put),
    answers([MEMBERSHIPS, "A PUT of a user who is a member already"], "204", ({ again }) => again),
    shows(
      ["okta/model/group.ts", "Adding somebody who is a member already does not change"],
      "the same lastMembershipUpdated after a second PUT",
      ({ before, after }) => {
        const [one, other] = [before, after].map((answer) => objectOf(answer)["lastMembershipUpdated"]);
        if (typeof one !== "string" || typeof other !== "string") return [undefined, "no such field"];
        return [one === other, one === other ? "the same" : "another"];
      },
    ),
    shows(
      [GROUPS, "A group says in lastMembershipUpdated"],
      "lastMembershipUpdated is a time",
      ({ before }) => {
        if (before.status !== 200) return [undefined, wordOf(before)];
        const isTime = !Number.isNaN(Date.parse(String(objectOf(before)["lastMembershipUpdated"])));
        return [isTime, isTime ? "a time" : "none"];
      },
    ),
    shows([MEMBERSHIPS, "A group's members are listed in pages"], "200 with the link self", ({ list }) => {
      if (list.status !== 200) return [undefined, wordOf(list)];
      const hasLink = (list.headers["link"] ?? "").includes('rel="self"');
      return [hasLink, hasLink ? "200 with the link self" : "200 without the link self"];
    }),
    answers(
      [MEMBERSHIPS, "A limit or a cursor that is not a number"],
      "400 E0000001",
      ({ wrongLimit }) => wrongLimit,
    ),
    shows(
      [MEMBERSHIPS, "The kind at the end of the sentence distinguishes"],
      "404 E0000007 with (User), and with (UserGroup)",
      ({ noUser, noGroup }) => {
        const kinds = [noUser, noGroup].map((answer) => /\((\w+)\)\s*$/.exec(answer.message)?.[1] ?? "none");
        const seen = `${wordOf(noUser)} (${kinds[0]}), ${wordOf(noGroup)} (${kinds[1]})`;
        return [seen === "404 E0000007 (User), 404 E0000007 (UserGroup)", seen];
      },
    ),
    answers(["okta/routes/people.ts", "A user is deactivated with 200"], "200", (all) => all.deactivated),
    shows(
      ["okta/routes/people.ts", "A deactivated user stays a member"],
      "they are on the list of members",
      ({ stays, personId }) => {
        if (stays.status !== 200) return [undefined, wordOf(stays)];
        const isListed = listOf(stays).some(({ id }) => id === personId);
        return [isListed, isListed ? "they are on the list" : "they are not on the list"];
      },
    ),
    answers([MEMBERSHIPS, "A DELETE of a user from a group"], "204", ({ removed }) => removed),
    answers(
      [MEMBERSHIPS, "A PUT of a deactivated user is refused"],
      "403 E0000038",
      ({ inactive }) => inactive,
    ),
    answers([MEMBERSHIPS, "Everyone takes no members by hand"], "501 E0000060", ({ everyone }) => everyone),
    answers([GROUPS, "A group is deleted with 204"], "204", ({ deleted }) => deleted),
  ],
);

/** Everybody is a member of it, so nothing changes. */
async function addToEveryone({ okta }: Probe, userId: string): Promise<Answer | undefined> {
  const search = new URLSearchParams({ search: 'type eq "BUILT_IN" and profile.name eq "Everyone"' });
  const [everyone] = listOf(await okta("GET", `/api/v1/groups?${search}`));
  if (everyone === undefined) return undefined;
  return okta("PUT", `/api/v1/groups/${String(everyone["id"])}/users/${userId}`);
}

import { type Case, json, line, PERSON } from "../case.ts";
import { LISTED_GROUPS } from "../subjects.ts";
import { memberLine, membershipTask, nextUser } from "./honest.ts";

const { eventUuid } = membershipTask;

/** The request would carry the org's token. */
const otherHosts: readonly (readonly [name: string, address: string])[] = [
  ["another host", "https://evil.example/api/v1/groups"],
  ["another host that answers", "{elsewhere}/api/v1/groups/00gListed1/users?after=1"],
  ["another host without a scheme", "//evil.example/api/v1/groups"],
  ["another host with the org for its user", "http://{host}@evil.example/api/v1/groups"],
  ["another port", "http://127.0.0.1:1/api/v1/groups"],
  ["no address", "http://"],
];

/** A person who is read from there would count as a member. */
const otherLists: readonly (readonly [name: string, address: string])[] = [
  ["another path of the org", "{org}//evil.example/api/v1/groups"],
  ["all users", "{org}/api/v1/users?after=1"],
  ["another group's members", "{org}/api/v1/groups/00gAdmins/users?after=1"],
  ["all users, by dots", "{org}/api/v1/groups/x/../../users?after=1"],
];

const refusedLinks = [
  ...otherHosts.map(([name, address]) => [name, address, "{org}"] as const),
  ...otherLists.map(([name, address]) => [name, address, "the group's members"] as const),
];

/** The first task in a group, for which nobody is listed. */
function firstTask(groupId: string): Case {
  const userId = nextUser();
  return {
    name: `the first task in ${groupId}`,
    function: "grant",
    request: { headers: json(), body: JSON.stringify({ ...membershipTask, groupId, userId }) },
    answer: { status: 200, body: { outcome: "member" } },
    log: [memberLine({ groupId, userId, eventUuid })],
    effects: [`PUT /api/v1/groups/${groupId}/users/${userId}`],
  };
}

/** The list counts as far as it came, a person who is not on it is added, and nothing is asked anywhere else. */
export const memberLists: readonly Case[] = refusedLinks.flatMap(([name, address, left], index) => {
  const groupId = LISTED_GROUPS[index] ?? "";
  const userId = nextUser();
  const task = { ...membershipTask, groupId, userId };
  const second: Case = {
    name: `a list of members with a link to ${name}`,
    function: "grant",
    request: { headers: json(), body: JSON.stringify(task) },
    pages: [
      { events: [{ id: "00uMember", profile: PERSON }], link: `<${address}>; rel="next"` },
      // A person who is read from where the link leads would count as a member.
      { events: [{ id: userId }], link: "" },
    ],
    answer: { status: 200, body: { outcome: "member" } },
    log: [
      {
        ...line("members-not-listed"),
        groupId,
        reason: `Okta's next link leads away from ${left}; it is not followed.`,
        remedy:
          'If Okta refuses it, run "pulumi up --refresh": the service app lacks the right okta.groups.read.',
      },
      memberLine({ groupId, userId, eventUuid }),
    ],
    effects: [
      `PUT /api/v1/groups/${groupId}/users/${userId}`,
      `GET /api/v1/groups/${groupId}/users?limit=1000`,
    ],
  };
  return [firstTask(groupId), second];
});

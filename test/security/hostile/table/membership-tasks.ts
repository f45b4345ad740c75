import { type Case, json, type LogLine, line, PERSON } from "../case.ts";
import { GROUP } from "../subjects.ts";
import { added, membershipTask, nextUser } from "./honest.ts";

/** A task that names no user, or no group, can never become right: it ends. The log shows what of it are ids. */
function dropped(body: unknown): Pick<Case, "answer" | "log"> {
  return {
    answer: { status: 200, body: { outcome: "dropped" } },
    log: [
      {
        ...line("task-invalid"),
        ...idsIn(body),
        outcome: "dropped",
      },
    ],
  };
}

/** A group that no rule names may be one of a later revision: the task waits for that. */
function waits(groupId: string): Pick<Case, "answer" | "log"> {
  const { userId, eventUuid } = membershipTask;
  return {
    answer: { status: 409, body: { outcome: "retry", reason: "group-unknown" } },
    log: [
      // The error about such groups is reported once an hour, and comes with the first case.
      ...(groupId === FIRST_UNKNOWN ? [UNKNOWN_GROUP] : []),
      {
        ...line("membership-waits"),
        severity: "INFO",
        message: "This revision does not know the task's group; the queue retries.",
        groupId,
        userId,
        eventUuid,
        outcome: "retry",
        reason: "group-unknown",
      },
    ],
  };
}

const FIRST_UNKNOWN = "00gAdmins";
const UNKNOWN_GROUP: LogLine = {
  ...line("fault"),
  message: "Tasks wait for a group that this revision of grant does not know.",
  fault: "group-unknown",
  tasks: 1,
  groupId: FIRST_UNKNOWN,
  remedy:
    'If grant was rolled back, deploy the revision that knows the group: run "pulumi up". If its rule was removed on purpose, do nothing: the tasks end by themselves after queueRetryDuration, and this error one day after the last of them was queued.',
};

function idsIn(body: unknown): LogLine {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return {};
  const own = Object.entries(body).filter(([name]) => ["groupId", "userId", "eventUuid"].includes(name));
  return Object.fromEntries(
    own.filter(([, value]) => /^[\w-]{1,100}$/.test(String(value)) && typeof value === "string"),
  );
}

const { userId: _none, ...nobody } = membershipTask;

const forged: readonly (readonly [name: string, body: unknown])[] = [
  ["that is a number", 7],
  ["that is a text", JSON.stringify(membershipTask)],
  ["that is null", null],
  ["that is true", true],
  ["that is an empty list", []],
  ["in a list", [membershipTask]],
  ["that is empty", {}],
  ["by a prototype", JSON.parse(`{"__proto__":${JSON.stringify(membershipTask)}}`)],
  ["by the prototype of a constructor", { constructor: { prototype: membershipTask } }],
  ["within another", { task: membershipTask }],
  ["of reconcile", { kind: "poll", continuationQueue: "projects/p/locations/l/queues/q" }],
  ["as the queue's API has it", { task: { httpRequest: { body: JSON.stringify(membershipTask) } } }],
  ...[
    ["no group", undefined],
    ["an empty group", ""],
    ["all groups of the rules", `${GROUP},00gContractors`],
    ["a list of groups", [GROUP]],
    ["a group in an object", { [GROUP]: true }],
    ["a group with a space", `${GROUP} `],
    ["a group with a line break", `${GROUP}\n`],
    ["a group with a zero byte", `${GROUP}\0`],
    ["a group that leaves its path", `${GROUP}/../00gAdmins`],
    ["a group that leaves its path, encoded", `${GROUP}%2f..%2f00gAdmins`],
    ["a group with a query", `${GROUP}?x=y`],
    ["a group's name in letters that look alike", "00gАppUsers"],
    ["a number for its group", 0],
  ].map(([name, groupId]) => [`with ${name}`, { ...membershipTask, groupId }] as const),
  ...[
    ["an empty user", ""],
    ["a number for its user", 7],
    ["null for its user", null],
    ["a list of users", ["00uNewcomer"]],
    ["a user in an object", { id: "00uNewcomer" }],
    ["a user of one dot", "."],
    ["a user of two dots", ".."],
    ["a user that leaves the path", "../../../users/00uNewcomer/lifecycle/suspend"],
    ["a user that leaves the path, encoded", "..%2f..%2fusers"],
    ["a user that leaves the path by backslashes", "..\\..\\users"],
    ["a user and a slash", "00uNewcomer/"],
    ["a user and a query", "00uNewcomer?x=y"],
    ["a user and a fragment", "00uNewcomer#x"],
    ["a user and a line break", "00uNewcomer\r\nX-Evil: 1"],
    ["a user and a zero byte", "00uNewcomer\0"],
    ["a user and a space", "00uNewcomer "],
    ["a user in letters that are no ASCII", "00uNewcömer"],
    ["a user that is an address", "https://evil.example/"],
    ["a user that is a login", PERSON.login],
    ["a user of 101 characters", "0".repeat(101)],
    ["a user of 10 KiB", "0".repeat(10 * 1024)],
  ].map(([name, userId]) => [`with ${name}`, { ...membershipTask, userId }] as const),
  ["with no user", nobody],
  [
    "with a user by a prototype",
    JSON.parse(JSON.stringify(nobody).replace("{", '{"__proto__":{"userId":"00uX"},')),
  ],
];

const unknown: readonly (readonly [name: string, groupId: string])[] = [
  ["another group", FIRST_UNKNOWN],
  ["a group by a method's name", "has"],
  ["a group by the name of a prototype", "__proto__"],
  ["a group by a constructor's name", "constructor"],
  ["a group in another case", GROUP.toLowerCase()],
  ["the beginning of a group", GROUP.slice(0, -1)],
  ["a group and more", `${GROUP}x`],
];

/** What else stands in a task decides nothing, and is not a part of the log unless it is what the record of a membership has. */
const harmless: readonly (readonly [
  name: string,
  changes: Readonly<Record<string, unknown>>,
  eventUuid?: string | undefined,
  left?: "published" | "eventType",
])[] = [
  ["fields of a later version", { later: 1, groupIds: ["00gAdmins"], admin: true }],
  [
    "a method of its own",
    { method: "DELETE", url: "https://evil.example/", headers: { authorization: "x" } },
  ],
  ["names of an object's own", { toString: 1, hasOwnProperty: 2, constructor: 3 }],
  ["a time that is none", { published: "yesterday" }, undefined, "published"],
  ["a time that is a number", { published: 7 }, undefined, "published"],
  ["no time", { published: undefined }, undefined, "published"],
  ["what a person typed for its type", { eventType: PERSON.login }, undefined, "eventType"],
  ["a list for its type", { eventType: ["user.session.end"] }, undefined, "eventType"],
  ["a type of 10 KiB", { eventType: `user.${"x".repeat(10 * 1024)}` }, undefined, "eventType"],
  ["what a person typed for its rule", { rule: PERSON.login }],
  ["half a rule", { rule: 0.5 }],
  ["a rule below the first", { rule: -1 }],
  ["what a person typed for its source", { source: PERSON.name }],
  ["a source that every object has", { source: "constructor" }],
  ["what a person typed for its delivery", { deliveryId: PERSON.login }],
  ["no uuid", { eventUuid: undefined }, ""],
  ["a number for its uuid", { eventUuid: 7 }, ""],
  ["an object for its uuid", { eventUuid: { toString: 1 } }, ""],
  ["a uuid of two lines", { eventUuid: 'a"}\n{"severity":"CRITICAL"}' }, ""],
  ["a login for its uuid", { eventUuid: PERSON.login }, ""],
  ["a uuid of 10 KiB", { eventUuid: "x".repeat(10 * 1024) }, ""],
];

const twice = nextUser();

/** Tasks as somebody could put them into the queue. */
export const membershipTasks: readonly Case[] = [
  ...forged.map(([name, body]) => ({ ...sent(`a task ${name}`, body), ...dropped(body) })),
  ...unknown.map(([name, groupId]) => ({
    ...sent(`a task with ${name}`, { ...membershipTask, groupId }),
    ...waits(groupId),
  })),
  ...harmless.map(([name, changes, eventUuid, left]) => {
    const userId = nextUser();
    const come = added(userId, eventUuid);
    return {
      ...sent(`a task with ${name}`, { ...membershipTask, ...changes, userId }),
      ...come,
      log: come.log.map((line) =>
        Object.fromEntries(Object.entries(line).filter(([field]) => field !== left)),
      ),
    };
  }),
  { ...sent("a task", { ...membershipTask, userId: twice }), ...added(twice) },
  {
    ...sent("the same task again", { ...membershipTask, userId: twice }),
    ...added(twice),
    log: added(twice).log.map((line) => ({ ...line, known: true })),
    effects: [],
  },
];

function sent(name: string, body: unknown): Pick<Case, "name" | "function" | "request"> {
  return { name, function: "grant", request: { headers: json(), body: JSON.stringify(body) } };
}

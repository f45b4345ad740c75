import { expect, it } from "vitest";
import { type Evidence, explain } from "../../../cli/explain/answer.ts";
import type { SignalName } from "../../../function/shared/signals.ts";

const AT = "2026-11-28T09:30:00.000Z";
const LATER = "2026-11-28T09:31:00.000Z";

const evidence: Evidence = {
  login: "casey@acme.example",
  status: "ACTIVE",
  group: "App Users",
  groupId: "00gUsers",
  isMember: false,
  appLabel: "signin-groups (dev), key ",
  signIns: [
    {
      eventUuid: "one",
      eventType: "user.session.start",
      at: AT,
      result: "SUCCESS",
      rules: [{ rule: 0, groupId: "00gUsers", matches: true, parts: [] }],
    },
  ],
  changes: [],
  records: [],
  tasks: new Map(),
  since: "2026-11-01T00:00:00.000Z",
};

const record = (event: SignalName, fields: object = {}) => ({
  timestamp: LATER,
  jsonPayload: { event, groupId: "00gUsers", userId: "00u", eventUuid: "one", ...fields },
});
const queued = [{ timestamp: AT, jsonPayload: { taskCreationLog: {} } }];
const removal = {
  eventType: "group.user_membership.remove",
  published: "2026-11-28T10:00:00.000Z",
  actor: { id: "00uAda", type: "User", displayName: "Ada" },
  target: [{ id: "00u" }, { id: "00gUsers" }],
};

it.each<[string, Partial<Evidence>, string, string]>([
  [
    "refused",
    { records: [record("membership-refused", { reason: "user-status" })] },
    "refused",
    "the task ended without a membership: user-status",
  ],
  [
    "waits",
    { records: [record("membership-waits", { reason: "role-missing" })] },
    "waiting",
    "the queue retries: role-missing",
  ],
  [
    "is given up",
    { records: [record("membership-given-up", { givenUpAt: "2026-12-05T09:30:00.000Z" })] },
    "given-up",
    "the queue gives the task up at 2026-12-05",
  ],
  ["has not been answered", { tasks: new Map([["one", queued]]) }, "waiting", "but task queued"],
  ["does not exist", {}, "none", "there is no task for it"],
  [
    "is of another group",
    { records: [record("membership", { groupId: "00gOther" })] },
    "none",
    "there is no task for it",
  ],
  [
    "ended well, and the user is gone again",
    { records: [record("membership", { known: true })] },
    "was-member",
    "took them for a member",
  ],
  [
    "ended well, and somebody removed the user",
    { records: [record("membership", { known: false })], changes: [removal] },
    "added",
    "Ada (User) removed them at 2026-11-28T10:00:00.000Z",
  ],
])("says why somebody is not in a group whose task %s", (_, found, end, part) => {
  const { answer, signIns } = explain({ ...evidence, ...found });
  expect(signIns).toMatchObject([{ end }]);
  expect(answer).toMatch(/^casey@acme\.example is not in "App Users": /);
  expect(answer).toContain(part);
});

it("says of a member whom nothing explains where to look", () => {
  const { answer } = explain({ ...evidence, isMember: true, signIns: [] });
  expect(answer).toBe(
    'casey@acme.example is in "App Users", and nothing since 2026-11-01T00:00:00.000Z says who added them. Ask for more: --since 90d. A group rule leaves no such event either.',
  );
});

it("says of a record without its sign-in that the System Log has none: it may have been forged", () => {
  const forged = record("membership", {
    known: false,
    rule: 0,
    published: AT,
    eventType: "user.session.start",
  });
  const { answer } = explain({ ...evidence, isMember: true, signIns: [], records: [forged] });
  expect(answer).toContain("Okta's System Log since 2026-11-01T00:00:00.000Z has no such sign-in.");
});

it("names a status in which nobody can sign in", () => {
  const { answer } = explain({ ...evidence, signIns: [], status: "DEPROVISIONED" });
  expect(answer).toContain("Their status in Okta is DEPROVISIONED.");
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { wireGrant } from "../../../function/grant/grant.ts";
import { createLog } from "../../../function/shared/log.ts";
import type { OktaAnswer, OktaRequest } from "../../../function/shared/okta/client.ts";
import { giveToken, isTokenRequest } from "../../support/google.ts";
import { isLong } from "../../support/long.ts";
import { recordFigure } from "../figures.ts";
import { CANARY, changeOf } from "./changes.ts";
import { expectHarmless, fuzz } from "./fuzzing.ts";
import { answerTo, createIdleClock } from "./in-memory.ts";
import { taskBodies } from "./task-bodies.ts";
import { membershipOf } from "./task-oracle.ts";

const RUNS = isLong ? 10_000 : 1_000;
const GROUPS = ["00gAppUsers", "00gContractors"];

const honest = GROUPS.map((groupId, index) => ({
  groupId,
  userId: `00u0000000000000000${index}`,
  eventUuid: "0aa1bb22-ea1e-11f0-a688-db22c99ef6c4",
  eventType: "user.session.start",
  published: "2026-01-05T10:00:01.159Z",
}));

const bodies = taskBodies(
  honest,
  changeOf("groupId userId userId userId eventUuid eventType published __proto__ constructor toString later"),
);

/** What Okta makes of a membership. */
const answers: readonly (number | "unreachable" | "garbage")[] = [
  ...[204, 204, 204, 204, 200, 400, 401, 403, 404, 409, 429, 500, 501, 503],
  ...(["unreachable", "garbage"] as const),
];

const tasks = fc.record({
  body: bodies,
  answer: fc.constantFrom(...answers),
  method: fc.oneof(
    { weight: 30, arbitrary: fc.constant("POST") },
    { weight: 1, arbitrary: fc.constant("GET") },
  ),
});

/**
 * What the queue hears: 200 only for the answer that Okta documents. None of the others has a code that ends a task; what Okta
 * itself refuses slows no other task down.
 */
function statusAfter(answer: (typeof answers)[number]): number {
  if (answer === 429) return 429;
  if (answer === 204) return 200;
  return typeof answer === "number" && answer < 500 ? 409 : 503;
}

it(`makes nobody a member but whom a task names, by ${RUNS.toLocaleString("en")} tasks`, async () => {
  const clock = createIdleClock();
  const lines: string[] = [];
  const puts: string[] = [];
  let now: (typeof answers)[number] = 204;
  let tokens = 0;
  const statuses = new Map<number, number>();

  const send = async ({ method, path }: OktaRequest): Promise<OktaAnswer> => {
    if (path === "/oauth2/v1/token" && method === "POST") {
      tokens += 1;
      return { status: 200, headers: {}, body: { access_token: `okta-token-${tokens}`, expires_in: 3600 } };
    }
    if (method === "GET" && GROUPS.some((groupId) => path === `/api/v1/groups/${groupId}/users?limit=1000`)) {
      return { status: 200, headers: {}, body: [] };
    }
    expect(method).toBe("PUT");
    puts.push(path);
    if (now === "unreachable") throw new TypeError(`fetch failed: ${path}`);
    if (now === "garbage") return { status: 200, headers: {}, body: CANARY };
    return { status: now, headers: {}, body: { errorCode: "E0000000", errorSummary: CANARY } };
  };
  const handler = await wireGrant(
    createLog("acme", (line) => lines.push(line)),
    {
      OKTA_ORG_URL: "https://acme.okta.example",
      OKTA_CLIENT_ID: "0oaClient",
      OKTA_KEY_ID: "key-1",
      SIGNING_KEY_VERSION: "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
      RATE_LIMIT_RESERVE_PERCENT: "10",
      GROUP_IDS: GROUPS.join(","),
      TASK_SECONDS: "30",
      MEMBER_SNAPSHOT_SECONDS: "60",
      QUEUE_RETRY_SECONDS: "604800",
      PROJECT: "acme",
    },
    {
      clock,
      send: async (url) => (isTokenRequest(url) ? giveToken() : Response.json({ signature: "c2lnbmF0dXJl" })),
      random: () => 0.5,
      newId: () => "id",
      connectToOkta: () => send,
    },
  );

  const runs = await fuzz(
    RUNS,
    tasks,
    async ({ body, answer, method }) => {
      lines.length = 0;
      puts.length = 0;
      now = answer;
      // No earlier member is known any more.
      clock.pass(61_000);
      const headers = { "content-type": "application/json" };
      const status = await answerTo(handler, { method, headers, pieces: [body] });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);

      const task = method === "POST" ? membershipOf(body, GROUPS) : "no task";
      if (method !== "POST") expect(status).toBe(405);
      else if (task === "no JSON") expect(status).toBe(400);
      // Okta is asked for what the task names, or for nothing.
      if (typeof task === "string") expect(puts).toEqual([]);
      else for (const put of puts) expect(put).toBe(task.path);
      // Nothing but Okta's own trouble has the queue try again.
      if (puts.length === 0) expect(status).toBeLessThan(429);
      else expect(status).toBe(statusAfter(answer));
      if (typeof task === "object" && task.isCertain) expect(puts.length).toBeGreaterThan(0);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expectHarmless(line, [CANARY, "Bearer", "-token", "eyJ"]);
    },
    { show: ({ body, answer }) => `${answer} for ${body}` },
  );
  for (const status of [200, 400, 405, 429, 503]) expect(statuses.get(status)).toBeGreaterThan(runs / 200);
  recordFigure("fuzz runs", runs);
}, 600_000);

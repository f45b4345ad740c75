import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { GoogleAnswer, GoogleApi } from "../../../cli/google-api.ts";
import { NoEntriesError } from "../../../cli/log-entries.ts";
import { collectReport, type Report } from "../../../cli/report/collect.ts";
import { renderPage } from "../../../cli/report/page.ts";
import { describeReport } from "../../../cli/report/table.ts";
import type { JsonObject } from "../../../function/shared/json.ts";
import { createSimulatedClock } from "../../../sandbox/simulation/clock.ts";
import { readDocument } from "../../support/commands.ts";

const HOSTILE = '<script>alert("&")</script>';

function entry(day: string, jsonPayload: JsonObject): JsonObject {
  return { timestamp: `${day}T09:30:00.000Z`, jsonPayload };
}

function membership(day: string, eventUuid: string, fields: JsonObject = {}): JsonObject {
  const usual = { event: "membership", groupId: "00gUsers", source: "hook", known: true, delaySeconds: 0.4 };
  return entry(day, { ...usual, eventUuid, ...fields });
}

/** Two days: 100 sign-ins of members, and some of each other kind. */
const entries: readonly JsonObject[] = [
  ...Array.from({ length: 100 }, (_, index) => membership("2026-11-26", `known-${index}`)),
  membership("2026-11-26", "new", { known: false, delaySeconds: 1.25 }),
  membership("2026-11-26", "new", { known: false, delaySeconds: 1.5, groupId: "00gOther" }),
  membership("2026-11-27", "lost", { known: false, source: "reconcile", delaySeconds: 420 }),
  membership("2026-11-27", "old", { known: false, source: "replay", delaySeconds: 4_000_000 }),
  entry("2026-11-27", { event: "membership-refused", reason: "user-status" }),
  entry("2026-11-27", { event: "membership-refused", reason: "user-status" }),
  entry("2026-11-27", { event: "membership-given-up" }),
  entry("2026-11-27", { event: "delivery-failed" }),
  entry("2026-11-27", { event: "grant-unexpected", reason: "no-sign-in" }),
  entry("2026-11-27", { event: "fault", fault: "role-missing" }),
];

const answers: GoogleAnswer = { kind: "found", body: {} };

/** Cloud Logging, which gives so many entries on a page. */
function logging(all: readonly JsonObject[], page = 1_000, before: readonly GoogleAnswer[] = []) {
  const asked: JsonObject[] = [];
  const refusals = [...before];
  const api: Pick<GoogleApi, "call"> = {
    async call(_api, _path, { body = {} }) {
      asked.push(body);
      const refusal = refusals.shift();
      if (refusal !== undefined) return refusal;
      const from = Number(body["pageToken"] ?? 0);
      const next = from + page < all.length ? { nextPageToken: String(from + page) } : {};
      return { ...answers, body: { entries: all.slice(from, from + page), ...next } };
    },
  };
  return { api: api as GoogleApi, asked };
}

async function collect(cloud: ReturnType<typeof logging>): Promise<Report> {
  const clock = createSimulatedClock();
  const { signal } = new AbortController();
  return await clock.until(
    collectReport(
      {
        services: ["receive", "grant", "reconcile"],
        groupNames: new Map([
          ["00gUsers", "App Users"],
          ["00gOther", HOSTILE],
        ]),
        since: Date.parse("2026-10-29T00:00:00Z"),
        until: Date.parse("2026-11-28T00:00:00Z"),
      },
      { project: "acme", api: cloud.api, clock, signal },
      () => undefined,
    ),
  );
}

describe("a report", () => {
  it("counts each sign-in once, and measures delays without replays", async () => {
    const { total, days, groups, failures, faults } = await collect(logging(entries));
    expect(total).toMatchObject({ signIns: 103, added: 4, known: 100, failures: 5 });
    expect(total.bySource).toEqual([
      { name: "hook", count: 102 },
      { name: "reconcile", count: 1 },
      { name: "replay", count: 1 },
    ]);
    expect(total.delay).toEqual({ p50: 0.4, p95: 0.4, p99: 1.5, longest: 420, inTime: 102 / 103 });
    expect(days.map(({ day, signIns }) => [day, signIns])).toEqual([
      ["2026-11-26", 101],
      ["2026-11-27", 2],
    ]);
    expect(groups).toContainEqual({ group: "App Users", added: 3, known: 100 });
    expect(failures[0]).toEqual({ name: "task ended without a membership: user-status", count: 2 });
    expect(faults).toEqual([{ name: "role-missing", count: 1 }]);
  });

  it("reads page after page, and waits where Cloud Logging has no quota left", async () => {
    const busy = { kind: "refused", status: 429, reason: "RESOURCE_EXHAUSTED", message: "quota" } as const;
    const cloud = logging(entries, 7, [busy]);
    expect(await collect(cloud)).toEqual(await collect(logging(entries)));
    expect(cloud.asked).toHaveLength(1 + Math.ceil(entries.length / 7));
    expect(cloud.asked[0]).toMatchObject({ resourceNames: ["projects/acme"], orderBy: "timestamp asc" });
  });

  it("says why the log cannot be read", async () => {
    const refused = { kind: "refused", status: 403, reason: "PERMISSION_DENIED", message: "no" } as const;
    await expect(collect(logging([], 7, [refused]))).rejects.toThrow(
      new NoEntriesError("you lack logging.logEntries.list (403)"),
    );
  });

  it("is the table in docs/operations.md, and fits into 80 columns", async () => {
    const ours = entries.filter(({ jsonPayload }) => Object(jsonPayload)["groupId"] !== "00gOther");
    const printed = describeReport(await collect(logging(ours)), "dev");
    expect(printed.split("\n").filter((line) => line.length > 80)).toEqual([]);
    const document = await readDocument("docs/operations.md");
    const block = /(<!-- What "npm run report" prints [^\n]*-->\n```\n)[\s\S]*?(^```$)/m;
    expect(document).toMatch(block);
    // `npm test -- test/cli/report --update` writes it.
    await expect(
      document.replace(block, (_, before: string, after: string) => before + printed + after),
    ).toMatchFileSnapshot(join(import.meta.dirname, "../../../docs/operations.md"));
  });

  it("is a page of its own: charts, light and dark, no scripts, nothing from elsewhere, and every text escaped", async () => {
    const page = renderPage(await collect(logging(entries)), HOSTILE);
    expect(page).not.toMatch(/<script|<img|<link|https?:|url\(|@import|\son\w+=/i);
    expect(page).toContain("&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;");
    expect(page).toContain("prefers-color-scheme: dark");
    expect(page.match(/<svg /g)).toHaveLength(3);
    expect(page).toContain("<title>2026-11-27, reconcile found it: 1</title>");
    const numbers = [...page.matchAll(/ (?:x|y|width|height)="([^"]*)"/g)].map(([, value]) => Number(value));
    expect(numbers.every((value) => value >= 0)).toBe(true);
  });

  it("of nothing has no charts", async () => {
    const nothing = await collect(logging([]));
    expect(renderPage(nothing, "dev")).not.toContain("<svg ");
    expect(describeReport(nothing, "dev")).toContain("nothing to measure");
  });
});

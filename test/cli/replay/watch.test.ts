import { describe, expect, it } from "vitest";
import { AccessError } from "../../../cli/command.ts";
import type { Replays } from "../../../cli/replay/client.ts";
import { beginReplay, type Runtime } from "../../../cli/replay/index.ts";
import { createScreen } from "../../../cli/screen.ts";
import type { ReplayProgress } from "../../../function/shared/contract.ts";
import { createSimulatedClock } from "../../../sandbox/simulation/clock.ts";
import { BUCKET, LOGS, progressOf, QUEUE } from "../desk.ts";

const START = Date.parse("2026-11-23T09:00:00Z");
const ID = "0b0e7d4e-7c3b-4f43-9f0d-6a1c4a0f8e11";
const AGAIN = `  npm run replay -- --stack dev --watch ${ID}`;

const options = {
  kind: "begin",
  source: { stack: "dev" },
  window: { since: Date.parse("2026-11-01T00:00:00Z"), until: Date.parse("2026-11-11T00:00:00Z") },
  dryRun: false,
  wait: true,
  json: false,
} as const;

const done = progressOf({ state: "done", counts: { events: 2000, wanted: 3, queued: 3 } });

/** The command in memory, at a clock of its own. */
function world({
  progress,
  beforehand = () => {},
  links = true,
  terminal,
}: {
  /** What stands in the bucket after so many seconds of watching; it throws where reading fails. */
  readonly progress: (second: number) => ReplayProgress | undefined | Promise<undefined>;
  /** What happens when it is looked into the bucket before the beginning. */
  readonly beforehand?: () => void;
  readonly links?: boolean;
  readonly terminal?: { readonly columns: number };
}) {
  const clock = createSimulatedClock(START);
  const interruption = new AbortController();
  const written: { readonly second: number; readonly text: string }[] = [];
  const second = () => (clock.now() - START) / 1000;
  const stream = {
    write: (text: string) => written.push({ second: second(), text }),
    ...(terminal === undefined ? {} : { isTTY: true, ...terminal }),
  };
  let begun = false;
  const replays: Replays = {
    begin: async () => {
      begun = true;
    },
    progress: async () => {
      if (begun) return progress(second());
      beforehand();
      return undefined;
    },
  };
  const runtime: Runtime = {
    clock,
    startedAt: START,
    newId: () => ID,
    stack: {
      continuationQueue: QUEUE,
      stateBucket: BUCKET,
      project: "acme-identity",
      logs: links ? LOGS : undefined,
    },
    replays,
    screen: createScreen(stream, clock.now),
    signal: interruption.signal,
  };
  return {
    clock,
    interruption,
    begun: () => begun,
    written,
    text: () => written.map(({ text }) => text).join(""),
    run: () => beginReplay(options, runtime),
  };
}

describe("where there is no terminal", () => {
  it("prints a line at least every ten seconds, and at most one a second", async () => {
    // It moves twice a second for a minute, and then not for another.
    const events = (second: number) => Math.floor(Math.min(second, 60) * 2);
    const { clock, written, run } = world({
      progress: (second) =>
        second < 120 ? progressOf({ counts: { events: events(second), wanted: 0, queued: 0 } }) : done,
    });
    await clock.until(run());
    const times = written.filter(({ text }) => text.includes(" %")).map(({ second }) => second);
    expect(times.length).toBeGreaterThan(60);
    expect(times[0]).toBe(0);
    expect(times.at(-1)).toBeGreaterThan(110);
    for (const [index, time] of times.slice(1).entries()) {
      const waited = time - (times[index] ?? 0);
      expect(waited).toBeGreaterThanOrEqual(1);
      expect(waited).toBeLessThanOrEqual(10);
    }
  });

  it("prints on while an answer is long in coming", async () => {
    const { clock, written, run } = world({
      progress: (second) => {
        if (second === 0) return clock.sleep(45_000).then(() => undefined);
        return done;
      },
    });
    await clock.until(run());
    const times = written.filter(({ text }) => text.includes(" %")).map(({ second }) => second);
    expect(times).toEqual([0, 9, 18, 27, 36, 45]);
  });
});

describe("on a terminal", () => {
  const running = (second: number) => progressOf({ counts: { events: second * 1000, wanted: 0, queued: 0 } });

  it("rewrites one line, and takes it away for the summary", async () => {
    const { clock, written, text, run } = world({
      progress: (second) => (second < 3 ? running(second) : done),
      terminal: { columns: 100 },
    });
    await clock.until(run());
    expect(written.filter(({ text }) => text.includes(" %")).map(({ text }) => text)).toEqual([
      "\r  0 %  nothing has been read yet\x1b[K",
      "\r 42 %  up to 2026-11-05T04:48:00Z  0 events, 0 memberships wanted, 0 queued\x1b[K",
      "\r 42 %  up to 2026-11-05T04:48:00Z  1,000 events, 0 memberships wanted, 0 queued\x1b[K",
      "\r 42 %  up to 2026-11-05T04:48:00Z  2,000 events, 0 memberships wanted, 0 queued\x1b[K",
    ]);
    const summary =
      "3 memberships of 2,000 events were queued; people who were members already cost no call.\n";
    expect(text().endsWith(`2,000 events, 0 memberships wanted, 0 queued\x1b[K\r\x1b[K${summary}`)).toBe(
      true,
    );
  });

  it("keeps the line shorter than the terminal is wide", async () => {
    const { clock, written, run } = world({
      progress: (second) => (second < 2 ? running(second) : done),
      terminal: { columns: 30 },
    });
    await clock.until(run());
    expect(written.map(({ text }) => text)).toContain("\r 42 %  up to 2026-11-05T04:48\x1b[K");
  });
});

describe("a replay that does not move", () => {
  const hints = (text: string) => text.split("No progress for 60 s").length - 1;

  it("gets one hint where to look, and another when it stops again", async () => {
    const { clock, written, text, run } = world({
      progress: (second) => (second < 200 ? undefined : second < 400 ? progressOf() : done),
    });
    await clock.until(run());
    expect(hints(text())).toBe(2);
    const at = written.filter(({ text }) => text.startsWith("No progress")).map(({ second }) => second);
    expect(at).toEqual([60, 260]);
    expect(text()).toContain(`the log of reconcile says:\n  ${LOGS}\n`);
  });

  it("gets none while it moves", async () => {
    const { clock, text, run } = world({
      progress: (second) =>
        second < 300
          ? progressOf({ counts: { events: Math.floor(second / 50), wanted: 0, queued: 0 } })
          : done,
    });
    await clock.until(run());
    expect(hints(text())).toBe(0);
  });

  it("is reported by a stack without links, too", async () => {
    const { clock, text, run } = world({
      progress: (second) => (second < 70 ? undefined : done),
      links: false,
    });
    await clock.until(run());
    expect(text()).toContain('  pulumi stack output links, under "logs"\n');
  });
});

describe("a progress that cannot be read", () => {
  it("for a while is read again later, and reported with the hint", async () => {
    const { clock, text, run } = world({
      progress: (second) => {
        if (second < 90) throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
        return done;
      },
    });
    const report = await clock.until(run());
    expect(report).toEqual({
      id: ID,
      since: done.since,
      until: done.until,
      dryRun: false,
      state: "done",
      counts: done.counts,
      seconds: 90,
    });
    expect(text()).toContain("The progress cannot be read just now: connect ECONNREFUSED\n");
  });

  it("for ever ends the watching, with the way to take it up again", async () => {
    const { clock, text, run } = world({
      progress: (second) => {
        if (second < 3) return undefined;
        throw new AccessError("You lack a right.");
      },
      terminal: { columns: 100 },
    });
    const message = `You lack a right.\nThis ends only the watching, not the replay. To watch it again:\n${AGAIN}`;
    await expect(clock.until(run())).rejects.toThrow(message);
    // The next report begins a line of its own.
    expect(text().endsWith("\r\x1b[K")).toBe(true);
  });
});

describe("an interruption", () => {
  it("ends the watching at once", async () => {
    const { clock, interruption, text, run } = world({ progress: () => progressOf() });
    const running = run();
    await clock.advance(5_500);
    interruption.abort();
    const report = await running;
    expect(report).toMatchObject({ id: ID, state: "running", seconds: 5.5 });
    expect(text()).toMatch(new RegExp(`To watch it again:\n${AGAIN}\n$`));
  });

  it("just before the beginning begins nothing", async () => {
    const { interruption, begun, run } = world({
      progress: () => undefined,
      beforehand: () => interruption.abort(),
    });
    await expect(run()).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    expect(begun()).toBe(false);
  });
});

describe("the percentage", () => {
  it.each([
    ["2026-11-01T00:00:00.000Z", "  0 %"],
    ["2026-11-10T23:59:59.000Z", " 99 %"],
    // Okta's log may hold an event that claims another time.
    ["2026-11-12T00:00:00.000Z", " 99 %"],
    ["2026-10-01T00:00:00.000Z", "  0 %"],
  ])("at %s is%s", async (reached, percent) => {
    const { clock, text, run } = world({
      progress: (second) => (second < 3 ? progressOf({ reached }) : done),
    });
    await clock.until(run());
    expect(text()).toContain(`\n${percent}  up to ${reached.replace(".000Z", "Z")}`);
  });
});

describe("the summary", () => {
  it.each([
    [{}, "3 memberships of 2,000 events were queued; people who were members already cost no call."],
    [{ counts: { events: 1, wanted: 1, queued: 1 } }, "1 membership of 1 event was queued;"],
    [
      { counts: { events: 40, wanted: 0, queued: 0 } },
      "No membership follows from the 40 events of this window.",
    ],
    [
      { counts: { events: 0, wanted: 0, queued: 0 } },
      "There was no event that the rules name in this window.",
    ],
    [
      { dryRun: true, counts: { events: 40, wanted: 1, queued: 0 } },
      "1 membership of 40 events would be queued; people who are members already would cost no call.",
    ],
    [{ state: "failed" }, "Before it failed, 3 memberships of 2,000 events were queued."],
    [
      { state: "failed", dryRun: true, counts: { events: 40, wanted: 1, queued: 0 } },
      "Before it failed, 1 membership of 40 events was counted.",
    ],
  ] as const)("of %j", async (values, summary) => {
    const { clock, text, run } = world({ progress: () => ({ ...done, ...values }) });
    await clock.until(run());
    expect(text()).toContain(`\n${summary}`);
  });
});

import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { createTestLog } from "../../support/log.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

const requestWith = (headers: Readonly<Record<string, unknown>>) => ({ headers }) as IncomingMessage;

describe("an entry", () => {
  it("says how severe it is, in a word that Cloud Logging knows", () => {
    const { log, entries } = createTestLog();
    log.info("one");
    log.warning("two", { groupId: "00gA" });
    log.error("three");
    log.critical("four");
    expect(entries).toEqual([
      { severity: "INFO", message: "one" },
      { severity: "WARNING", message: "two", groupId: "00gA" },
      { severity: "ERROR", message: "three" },
      { severity: "CRITICAL", message: "four" },
    ]);
  });

  it("of an event has the event's own words, unless it brings others", () => {
    const { log, entries } = createTestLog();
    log.signal("event-skipped", { index: 0, fault: "no uuid" });
    log.signal("event-skipped", { index: 1, fault: "no uuid" }, { severity: "INFO", message: "Another." });
    expect(entries).toEqual([
      { severity: "ERROR", message: expect.any(String), event: "event-skipped", index: 0, fault: "no uuid" },
      { severity: "INFO", message: "Another.", event: "event-skipped", index: 1, fault: "no uuid" },
    ]);
  });

  it.each([
    ["the W3C's header", { traceparent: `00-${TRACE}-${SPAN}-01` }, SPAN],
    ["Google's header", { "x-cloud-trace-context": `${TRACE}/1;o=1` }, undefined],
    [
      "the W3C's header where both came",
      { traceparent: `00-${TRACE}-${SPAN}-01`, "x-cloud-trace-context": `${"1".repeat(32)}/1` },
      SPAN,
    ],
    [
      "Google's header where the W3C's is none",
      { traceparent: "no trace", "x-cloud-trace-context": TRACE },
      undefined,
    ],
  ])("belongs to its request's trace, by %s", (_name, headers, span) => {
    const { log, entries } = createTestLog();
    log.of(requestWith(headers)).info("one");
    expect(entries).toEqual([
      {
        severity: "INFO",
        message: "one",
        "logging.googleapis.com/trace": `projects/acme/traces/${TRACE}`,
        ...(span === undefined ? {} : { "logging.googleapis.com/spanId": span }),
      },
    ]);
  });

  it.each([
    ["none", {}],
    ["something else", { traceparent: "00-0-0-00" }],
    ["a header that came twice", { "x-cloud-trace-context": [TRACE, TRACE] }],
  ])("has no trace where its request has %s", (_name, headers) => {
    const { log, entries } = createTestLog();
    log.of(requestWith(headers)).info("one");
    expect(entries).toEqual([{ severity: "INFO", message: "one" }]);
  });
});

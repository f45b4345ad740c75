import { describe, expect, it } from "vitest";
import { type FieldValue, parseFilter } from "../../../../sandbox/google/monitoring/filter.ts";

const entry: Readonly<Record<string, FieldValue>> = {
  "resource.type": "cloud_run_revision",
  "jsonPayload.event": "membership-waits",
  "jsonPayload.delaySeconds": 300,
  "jsonPayload.known": false,
};

describe("a filter", () => {
  it.each([
    ['resource.type="cloud_run_revision"', true],
    ['resource.type="cloud_run_job"', false],
    ['resource.type="cloud_run_revision" AND jsonPayload.event="membership"', false],
    ['resource.type="cloud_run_revision" jsonPayload.event="membership-waits"', true],
    ['jsonPayload.event=("membership" OR "membership-waits")', true],
    ['jsonPayload.event=one_of("membership","polled")', false],
    ['jsonPayload.event="polled" OR jsonPayload.known=false AND jsonPayload.delaySeconds>=300', true],
    ['(jsonPayload.event="polled" OR jsonPayload.known=false) AND jsonPayload.delaySeconds>300', false],
    ["jsonPayload.delaySeconds<=300", true],
    ["jsonPayload.delaySeconds<300", false],
    ['jsonPayload.event!="polled"', true],
    ["jsonPayload.missing=1", false],
    ["jsonPayload.missing!=1", true],
  ])("means what Google's languages say: %s", (text, meant) => {
    expect(parseFilter(text)((path) => entry[path])).toBe(meant);
  });

  it.each(['a="1" AND', 'a=("1" OR', "a=1)", 'a~"1"'])(
    "that the program does not use is an error: %s",
    (text) => {
      expect(() => parseFilter(text)(() => "1")).toThrow();
    },
  );
});

import { expect, it } from "vitest";
import { summarize } from "../../bench/speed/cpu-profile.ts";

it("says whose code took the time, leaves out what was idle, and adds up a function that was called from two places", () => {
  const frame = (id: number, functionName: string, url: string) => ({
    id,
    callFrame: { functionName, url, lineNumber: 0 },
  });
  const summary = summarize(
    {
      nodes: [
        frame(1, "(idle)", ""),
        frame(2, "readJson", "file:///tmp/the-function/receive.cjs"),
        frame(3, "readJson", "file:///tmp/the-function/receive.cjs"),
        frame(4, "handle", "file:///tmp/the-function/node_modules/express/index.js"),
        frame(5, "emit", "node:events"),
        frame(6, "(garbage collector)", ""),
        frame(7, "", "file:///tmp/the-function/receive.cjs"),
      ],
      samples: [1, 2, 3, 4, 5, 6, 7],
      timeDeltas: [9_000, 2_000, 3_000, 4_000, 5_000, 6_000, 1_000],
    },
    "the-function",
  );
  expect(summary).toEqual({
    total: 21,
    byOwner: { ours: 6, packages: 4, "Node.js": 5, "garbage collection": 6, native: 0 },
    ours: [
      { name: "readJson (receive.cjs:1)", self: 5 },
      { name: "(anonymous) (receive.cjs:1)", self: 1 },
    ],
  });
});

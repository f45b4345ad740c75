import { readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { signals } from "../../../function/shared/signals.ts";
import { createTestLog } from "../../support/log.ts";

const names = Object.keys(signals);

it("gives each entry that a machine reads its event, with the event's own severity and message unless others are given", () => {
  const { log, entries } = createTestLog();
  log.signal("challenge-answered", {});
  log.signal(
    "replay-failed",
    { replay: "1", fault: "none", more: 1 },
    { message: "Other.", severity: "INFO" },
  );
  expect(entries).toEqual([
    { severity: "INFO", message: "Answered a verification challenge.", event: "challenge-answered" },
    { severity: "INFO", message: "Other.", event: "replay-failed", replay: "1", fault: "none", more: 1 },
  ]);
});

it("has every event that a function or a workflow logs, and none that nobody logs", async () => {
  const files = await readdir("function", { recursive: true });
  const ofTheWorkflow = await readFile(".github/scripts/drift-entry.ts", "utf8");
  const sources = await Promise.all(
    files
      .filter((file) => file.endsWith(".ts") && !file.endsWith("shared/signals.ts"))
      .map((file) => readFile(`function/${file}`, "utf8")),
  );
  const text = [...sources, ofTheWorkflow].join("\n");
  // The name is the first argument, or one of two where the kind of a run decides.
  const unused = names.filter((name) => !text.includes(`"${name}"`));
  expect(unused).toEqual([]);
});

it("is described, event by event, in docs/operations.md", async () => {
  const [, text = ""] = (await readFile("docs/operations.md", "utf8")).split(
    /^## Signals$|^## The audit record$/m,
  );
  const described = [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
  expect(described).toEqual(names);
});

it("names events in lower case, so that filters are easy to write", () => {
  for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
});

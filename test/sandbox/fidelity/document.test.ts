import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Decision, readDecisions, readSources } from "../../../sandbox/fidelity/decisions.ts";
import { assumptions, readmeSentences, renderDocument, roomOf } from "../../../sandbox/fidelity/document.ts";

const root = join(import.meta.dirname, "../../..");
const sources = await readSources(root);
const { decisions, problems } = readDecisions(sources);

function decision(fields: Partial<Decision>): Decision {
  return {
    file: "sandbox/okta/routes/groups.ts",
    statement: "It is so.",
    evidence: "assumed",
    source: "nothing was found",
    show: "that it is so",
    consequence: "late",
    matters: "something",
    ...fields,
  };
}

describe("docs/fidelity.md", () => {
  it("rests on decision blocks that are all in their form", () => {
    expect(problems).toEqual([]);
  });

  it("is as `npm run fidelity` writes it", async () => {
    expect(await readFile(join(root, "docs/fidelity.md"), "utf8")).toBe(renderDocument(decisions));
  });

  it("is linked from the README with the number of assumed decisions", async () => {
    expect(await readFile(join(root, "README.md"), "utf8")).toContain(readmeSentences(decisions));
  });

  it("has a room for every file of the sandbox that may decide", () => {
    expect([...sources.keys()].filter((file) => roomOf(file) === undefined)).toEqual([]);
  });

  it("lists what is assumed by what breaks, a lost sign-in first", () => {
    const list = [
      decision({ consequence: "sandbox only" }),
      decision({ consequence: "wrong access" }),
      decision({ consequence: "sign-in lost", evidence: "recorded" }),
      decision({ consequence: "sign-in lost" }),
      decision({ consequence: "deployment fails" }),
    ];
    expect(assumptions(list).map(({ consequence }) => consequence)).toEqual([
      "sign-in lost",
      "deployment fails",
      "wrong access",
      "sandbox only",
    ]);
  });

  it("keeps a row whole where its text has a column's sign", () => {
    expect(renderDocument([decision({ statement: "It is a|b." })])).toContain("| It is a\\|b. |");
  });
});

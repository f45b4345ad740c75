import { describe, expect, it } from "vitest";
import { readDecisions } from "../../../sandbox/fidelity/decisions.ts";

const GOOD = `
 * @decision A deactivated user is refused with 403.
 * @evidence documentation: Okta, "Groups API", assign a user
 *   to a group
 * @matters late: \`grant\` ends the task.
`;

function read(...comments: readonly string[]) {
  const source = comments
    .map((comment, index) => `/**${comment} */\nexport const value${index} = 0;\n`)
    .join("\n");
  return readDecisions(new Map([["sandbox/okta/example.ts", source]]));
}

describe("the decision blocks", () => {
  it("are read with statement, evidence, source and what rests on them", () => {
    expect(read(GOOD)).toEqual({
      problems: [],
      decisions: [
        {
          file: "sandbox/okta/example.ts",
          statement: "A deactivated user is refused with 403.",
          evidence: "documentation",
          source: 'Okta, "Groups API", assign a user to a group',
          show: undefined,
          consequence: "late",
          matters: "`grant` ends the task.",
        },
      ],
    });
  });

  it("can stand several in one comment, after other text and before other tags", () => {
    const second = GOOD.replace("deactivated user", "stranger");
    const { decisions, problems } = read(`\n * A group.\n *${GOOD}${second} * @throws OktaError always\n`);
    expect(problems).toEqual([]);
    expect(decisions.map(({ statement }) => statement)).toEqual([
      "A deactivated user is refused with 403.",
      "A stranger is refused with 403.",
    ]);
    expect(decisions.map(({ matters }) => matters)).toEqual([
      "`grant` ends the task.",
      "`grant` ends the task.",
    ]);
  });

  it("are read inside functions, and before what follows the last statement", () => {
    const source = `function f() {\n  /**${GOOD} */\n}\n/**${GOOD.replace("user", "person")} */\n`;
    expect(readDecisions(new Map([["sandbox/okta/example.ts", source]])).decisions).toHaveLength(2);
  });

  it("are not read from texts, templates and patterns that look like comments", () => {
    const source = `const a = "/** @decision No. */";\nconst b = \`\${a}/** @decision No. */\`;\nconst c = /[/**@decision]/;\n`;
    expect(readDecisions(new Map([["sandbox/okta/example.ts", source]]))).toEqual({
      decisions: [],
      problems: [],
    });
  });

  it.each([
    ["documentation: Okta", "hearsay: Okta", "@evidence must begin with one of"],
    [
      'documentation: Okta, "Groups API", assign a user\n *   to a group',
      "documentation:",
      "name its source",
    ],
    ["late: `grant`", "`grant`", "@matters must begin with one of"],
    ["documentation:", "assumed:", "needs @show"],
    ["with 403.", "with 403", "ends with a full stop"],
    [" * @matters late: `grant` ends the task.\n", "", "@matters must begin with one of"],
    ["@matters", "@show that it is so\n * @matters", "@show is for assumed decisions only"],
  ])("are refused with the place when %j becomes %j", (good, bad, problem) => {
    const { decisions, problems } = read(GOOD.replace(good, bad));
    expect(decisions).toEqual([]);
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems[0]).toMatch(/^sandbox\/okta\/example\.ts:1: /);
  });

  it("are refused when the same decision is stated twice", () => {
    expect(read(GOOD, GOOD).problems).toEqual([
      "sandbox/okta/example.ts:9: the same decision is stated in sandbox/okta/example.ts:1.",
    ]);
  });
});

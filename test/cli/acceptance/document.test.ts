import { join } from "node:path";
import { expect, it } from "vitest";
import { looks } from "../../../cli/acceptance/looks/index.ts";
import { describePlan, planOf } from "../../../cli/acceptance/plan.ts";
import { stepNames } from "../../../cli/acceptance/steps.ts";
import { readDocument } from "../../support/commands.ts";

it("the plan in docs/acceptance.md is what the command prints, and fits into 80 columns", async () => {
  const printed = describePlan(planOf(stepNames, looks));
  expect(printed.split("\n").filter((line) => line.length > 80)).toEqual([]);
  const document = await readDocument("docs/acceptance.md");
  const block = /(<!-- What [^\n]* prints. -->\n```\n)[\s\S]*?(^```$)/m;
  expect(document).toMatch(block);
  // `npm test -- test/cli/acceptance/document --update` writes it.
  await expect(
    document.replace(block, (_, before: string, after: string) => before + printed + after),
  ).toMatchFileSnapshot(join(import.meta.dirname, "../../../docs/acceptance.md"));
});

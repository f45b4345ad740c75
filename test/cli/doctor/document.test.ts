import { join } from "node:path";
import { expect, it } from "vitest";
import { describeFindings, type Finding, type Section } from "../../../cli/findings.ts";
import { readDocument } from "../../support/commands.ts";
import { startWorld } from "../world.ts";

it("the output in docs/doctor.md, and what the README has of it, is what the command prints on the sandbox", async () => {
  const world = await startWorld({ project: "acme-identity", region: "europe-west1" });
  await world.okta("POST", "/api/v1/groups", { profile: { name: "App Users" } });
  world.clouds.google.account.billingEnabled = false;
  world.pulumi["plugin ls"] = "[]";
  const { stdout } = await world.run("doctor", "--json");
  // The command prints one object of this form.
  const { sections } = JSON.parse(stdout) as { readonly sections: readonly Section[] };
  const shown = (text: string) =>
    text
      .replaceAll(world.clouds.okta.url, "https://acme.okta.com")
      .replaceAll(/\b00g\w{17}\b/g, "00g1a2b3c4d5e6f7g8h9")
      .replaceAll(`Node.js ${process.versions.node}`, "Node.js 24.21.0");
  const documented = sections.map(({ title, findings }) => ({
    title,
    findings: findings.map((one): Finding => ({ ...one, meaning: shown(one.meaning) })),
  }));
  const printed = describeFindings(documented, { failing: "up will fail", colour: false });
  const document = await readDocument("docs/doctor.md");
  const [, excerpt] =
    /<!-- From docs\/doctor\.md\. -->\n```\n([\s\S]*?)^```$/m.exec(await readDocument("README.md")) ?? [];
  expect(excerpt).toBeDefined();
  expect(printed).toContain(excerpt);
  const block = /(<!-- What the command prints [^\n]*-->\n```\n)[\s\S]*?(^```$)/m;
  expect(document).toMatch(block);
  // `npm test -- test/cli/doctor/document --update` writes it.
  await expect(
    document.replace(block, (_, before: string, after: string) => before + printed + after),
  ).toMatchFileSnapshot(join(import.meta.dirname, "../../../docs/doctor.md"));
});

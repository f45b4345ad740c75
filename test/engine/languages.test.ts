import { access } from "node:fs/promises";
import { expect, it } from "vitest";
import { builtYamlHost } from "../../sandbox/engine/cli.ts";
import { getsIn, nothing } from "./actions.ts";
import { type Example, rewrite, startExample } from "./examples.ts";
import { describeEngine, wholeProgram } from "./support.ts";

const hasYaml = await access(builtYamlHost).then(
  () => true,
  () => false,
);

/** What every example's stack makes: the stack itself is not counted. */
const RESOURCES = 89;

describeEngine("a program in YAML", { timeout: wholeProgram }, () => {
  it.skipIf(!hasYaml)(
    "is previewed, deployed, changed and destroyed, and a mistake in it is refused with its place",
    async () => {
      const example = await startExample("yaml", {
        file: "Pulumi.yaml",
        after: "      orgUrl: ${orgUrl}\n",
        settings: "      rightsWaitSeconds: 0\n      protectGroups: false\n",
      });
      const { sandbox } = example;
      const refused = async (): Promise<string> => {
        const { code, text } = await sandbox.attempt("preview");
        expect(code, text).not.toBe(0);
        return text;
      };

      await write(example, "orgUrl: ${orgUrl}", "orgURL: ${orgUrl}");
      expect(await refused()).toMatch(/orgURL/);
      await write(example, "orgURL: ${orgUrl}", "orgUrl: ${orgUrl}");
      await write(example, "on: [user.session.start]", "on: [user.session.end]");
      expect(await refused()).toMatch(/rules\[0\]\.on is "user\.session\.end": it must be a sign-in event/);
      await write(example, "on: [user.session.end]", "on: [user.session.start]");

      const planned = await sandbox.run("preview");
      expect(planned.create).toHaveLength(RESOURCES);
      expect(await sandbox.run("up")).toEqual(planned);
      expect(await getsIn(sandbox, "yaml@example.com")).toBe(true);
      expect(await sandbox.run("up")).toEqual({ ...nothing, same: RESOURCES });

      await write(
        example,
        "on: [user.session.start]",
        'on: [user.session.start]\n          when: event.actor.alternateId.endsWith("@example.org")',
      );
      expect((await sandbox.run("up")).replace).toEqual([]);
      expect(await getsIn(sandbox, "outside@example.com")).toBe(false);
      expect(await getsIn(sandbox, "inside@example.org")).toBe(true);

      await sandbox.run("destroy");
      expect(sandbox.clouds.leftovers()).toEqual([]);
    },
  );
});

async function write(example: Example, before: string, after: string): Promise<void> {
  await rewrite(example, "Pulumi.yaml", (text) => {
    expect(text).toContain(before);
    return text.replace(before, after);
  });
}

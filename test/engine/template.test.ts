import { execFile } from "node:child_process";
import { access, cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { builtYamlHost, findCli } from "../../sandbox/engine/cli.ts";
import { withLanguageHost } from "../../sandbox/engine/run.ts";
import { edit, getsIn } from "./actions.ts";
import { describeEngine, startSandbox, wholeProgram } from "./support.ts";

const home = join(import.meta.dirname, "../..");
const hasYaml = await access(builtYamlHost).then(
  () => true,
  () => false,
);

describeEngine("the template", { timeout: wholeProgram }, () => {
  it.skipIf(!hasYaml)("makes a program of one's own by pulumi new, which is deployed as it is", async () => {
    const cache = join(home, ".cache");
    await mkdir(cache, { recursive: true });
    const folder = await mkdtemp(join(cache, "template-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [template, root] = [join(folder, "template"), join(folder, "identity")];
    await cp(join(home, "template"), template, { recursive: true });
    await mkdir(root);
    const variables = { PULUMI_HOME: join(folder, "home"), PULUMI_SKIP_UPDATE_CHECK: "true" };
    const cli = String(await findCli());
    await withLanguageHost({ cli, variables }, async (env) => {
      // Without --generate-only it would go on to download the component by its tag.
      const words = ["new", template, "--name", "identity", "--generate-only", "--yes", "--non-interactive"];
      await promisify(execFile)(cli, words, { cwd: root, env });
    });
    const project = join(root, "Pulumi.yaml");
    const generated = await readFile(project, "utf8");
    expect(parse(generated)).toMatchObject({
      name: "identity",
      description: "People who sign in to Okta get into a group",
    });
    await access(join(root, ".github/workflows/preview.yml"));

    const [tag = ""] = /github\.com\/OWNER\/signin-groups@v[\d.]+/.exec(generated) ?? [];
    await edit(project, tag, relative(root, home));
    const settings = "      rightsWaitSeconds: 0\n      protectGroups: false\n";
    await edit(project, "    properties:\n", `    properties:\n${settings}`);
    const sandbox = await startSandbox({ "identity:group": "Wiki readers" }, { root, programFolder: root });
    onTestFinished(() => sandbox.close());
    await sandbox.run("up");
    expect(await getsIn(sandbox, "reader@example.com", { group: "Wiki readers" })).toBe(true);
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });
});

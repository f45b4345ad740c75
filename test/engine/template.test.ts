import { execFile } from "node:child_process";
import { access, cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { builtYamlHost } from "../../sandbox/engine/cli.ts";
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
    // A tag of a repository is downloaded; a folder is not.
    const source = /github\.com\/OWNER\/signin-groups@v[\d.]+/.exec(
      await readFile(join(template, "Pulumi.yaml"), "utf8"),
    );
    await edit(join(template, "Pulumi.yaml"), String(source), relative(root, home));

    const first = await startSandbox();
    onTestFinished(() => first.close());
    const { cli, variables } = first.workspace;
    await withLanguageHost({ cli, variables: { ...variables, PULUMI_STACK: "" } }, async (env) => {
      const words = ["new", template, "--name", "identity", "--stack", "dev", "--yes", "--non-interactive"];
      const answers = ["gcp:project=acme-identity", "okta:orgName=acme", "group=Wiki readers"];
      await promisify(execFile)(cli, [...words, ...answers.flatMap((answer) => ["--config", answer])], {
        cwd: root,
        env,
      });
    });
    expect(parse(await readFile(join(root, "Pulumi.yaml"), "utf8"))).not.toHaveProperty("template");
    expect(parse(await readFile(join(root, "Pulumi.dev.yaml"), "utf8")).config).toMatchObject({
      "gcp:project": "acme-identity",
      "gcp:region": "europe-west1",
      "okta:orgName": "acme",
      "okta:baseUrl": "okta.com",
      "identity:group": "Wiki readers",
    });
    await access(join(root, ".github/workflows/preview.yml"));

    await edit(
      join(root, "Pulumi.yaml"),
      "    properties:\n",
      "    properties:\n      rightsWaitSeconds: 0\n      protectGroups: false\n",
    );
    const sandbox = await startSandbox({ "identity:group": "Wiki readers" }, { root, programFolder: root });
    onTestFinished(() => sandbox.close());
    await sandbox.run("up");
    expect(await getsIn(sandbox, "reader@example.com", { group: "Wiki readers" })).toBe(true);
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });
});

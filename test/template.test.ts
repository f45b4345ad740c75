import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFile(join(root, path), "utf8");
const actionsIn = (text: string) =>
  [...text.matchAll(/uses: (?!\.)(\S+@\S+ # \S+)/g)].map(([, action]) => action);

describe("the template", () => {
  it("names the version of the component that is in this repository", async () => {
    const { version } = JSON.parse(await read("package.json"));
    const { packages } = parse(await read("template/Pulumi.yaml"));
    expect(packages).toEqual({ "signin-groups": `github.com/OWNER/signin-groups@v${version}` });
  });

  it("describes everything that it asks for", async () => {
    const { template, config } = parse(await read("template/Pulumi.yaml"));
    for (const question of Object.values(template.config)) {
      expect(question).toMatchObject({ description: expect.stringMatching(/^[A-Z]/) });
    }
    expect(Object.keys(config).filter((key) => !(key in template.config))).toEqual([]);
  });

  it("uses the same actions as this repository, by the same commits", async () => {
    const folder = "template/.github/workflows";
    const texts = await Promise.all(
      (await readdir(join(root, folder))).map((name) => read(`${folder}/${name}`)),
    );
    const own = await Promise.all(
      [".github/workflows/deploy.yml", ".github/actions/pulumi/action.yml"].map((path) => read(path)),
    );
    const used = texts.flatMap(actionsIn);
    expect(used.length).toBeGreaterThan(4);
    expect(used.filter((action) => !own.flatMap(actionsIn).includes(action))).toEqual([]);
  });
});

describe("an example", () => {
  it.each(["yaml", "go", "python"])(
    "in %s names in its README the version that is in this repository",
    async (name) => {
      const { version } = JSON.parse(await read("package.json"));
      expect(await read(`examples/${name}/README.md`)).toContain(
        `pulumi package add github.com/OWNER/signin-groups@v${version}\n`,
      );
    },
  );

  it("in TypeScript installs the npm package of that version", async () => {
    const { version } = JSON.parse(await read("package.json"));
    const { dependencies } = JSON.parse(await read("examples/typescript/package.json"));
    expect(dependencies["signin-groups"]).toBe(`file:signin-groups-${version}.tgz`);
  });
});

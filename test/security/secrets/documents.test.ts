import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** The lines of all documents, workflows and scripts that people and machines run commands from. */
async function commandLines(): Promise<readonly { readonly place: string; readonly line: string }[]> {
  const folders = ["docs", ".github", ".ci"];
  const listed = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    }),
  );
  const files = [join(root, "README.md"), join(root, "package.json"), ...listed.flat()];
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(file, "utf8")] as const));
  return texts.flatMap(([file, text]) =>
    text.split("\n").map((line, index) => ({ place: `${file.slice(root.length + 1)}:${index + 1}`, line })),
  );
}

/** What puts a secret where others see it, or would once somebody runs it. */
const forbidden: readonly (readonly [string, RegExp])[] = [
  ["a secret as an argument", /config set (?:--path )?--secret (?:--path )?(?!--)\S+ (?! *[#<])[^\s`]/],
  ["a credential as an argument", /(-H|--header)[ =]["'](Authorization|authorization): \w+ \$/],
  ["secrets shown", /--show-secrets/],
];

/** What has Pulumi write secrets into its output; documents may warn of it. */
const debugging =
  /--debug\b|--logtostderr|--logflow|--event-log|\s-v=?\d|PULUMI_DEBUG_GRPC|ACTIONS_STEP_DEBUG/;

it("no document, workflow or script has a secret on a command line, or shows one", async () => {
  const lines = await commandLines();
  expect(lines.filter(({ line }) => line.includes("config set --secret")).length).toBeGreaterThan(2);
  const found = forbidden.flatMap(([what, form]) =>
    lines.filter(({ line }) => form.test(line)).map(({ place, line }) => `${what}, ${place}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
  const inWorkflows = lines.filter(
    ({ place, line }) => /^\.(github|ci)\//.test(place) && debugging.test(line),
  );
  expect(inWorkflows).toEqual([]);
});

it("finds those that would", () => {
  const found = (line: string) => forbidden.filter(([, form]) => form.test(line)).map(([what]) => what);
  expect(found('pulumi config set --secret okta:apiToken "$TOKEN"')).toEqual(["a secret as an argument"]);
  expect(found("pulumi config set --secret okta:apiToken 00abc")).toEqual(["a secret as an argument"]);
  for (const options of ["--secret --path", "--path --secret"]) {
    expect(found(`pulumi config set ${options} 'a:b[0].token' 00abc`)).toEqual(["a secret as an argument"]);
    expect(found(`Store it: \`pulumi config set ${options} 'a:b[0].token'\`.`)).toEqual([]);
  }
  expect(found("pulumi config set --secret okta:apiToken          # asks for the token")).toEqual([]);
  expect(found("pulumi config set --secret okta:privateKey < private-key.pem")).toEqual([]);
  expect(found('curl -H "Authorization: SSWS $TOKEN"')).toEqual(["a credential as an argument"]);
  expect(found("pulumi stack export --show-secrets")).toEqual(["secrets shown"]);
  expect(debugging.test("pulumi up -v=9 --logtostderr")).toBe(true);
});

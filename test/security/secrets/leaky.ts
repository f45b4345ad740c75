import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { copyProgram, edit } from "../../engine/actions.ts";

/** A copy of the program that reveals the hook's secret wherever a program can. */
export async function copyLeakyProgram(): Promise<string> {
  const root = await copyProgram();
  await mkdir(join(root, "dist"));
  const secret = join(root, "infra/google/hook-secret.ts");
  const head = [
    'import { spawnSync } from "node:child_process";',
    'import { writeFileSync } from "node:fs";',
    'import { tmpdir } from "node:os";',
    'import { join } from "node:path";',
  ].join("\n");
  await writeFile(secret, `${head}\n${await readFile(secret, "utf8")}`);
  const made = "  const { current, previous } = rotated(args.rotation, createVersion);\n";
  await edit(
    secret,
    made,
    `${made}  current.password.apply((value) => {
    process.stdout.write(value + "\\n");
    spawnSync(process.execPath, ["-e", "", value], { env: { LEAK: value } });
    for (const folder of [tmpdir(), join(import.meta.dirname, "../../dist")])
      writeFileSync(join(folder, "leak"), value);
  });\n`,
  );
  const receive = join(root, "infra/receive.ts");
  const variable = "GRANT_URL: args.grant.uri,";
  await edit(receive, variable, `${variable} LEAK: pulumi.unsecret(hookSecret.current),`);
  const outputs = "return { hookUrl,";
  await edit(receive, outputs, `${outputs} leak: pulumi.unsecret(hookSecret.current),`);
  const integration = join(root, "infra/sign-in-groups.ts");
  await edit(integration, "hookUrl: receive.hookUrl,", "hookUrl: receive.hookUrl, leak: receive.leak,");
  const declared = "const declared = this.getData();";
  await edit(
    integration,
    declared,
    `${declared} Reflect.set(this, "leak", pulumi.output(declared.then(({ leak }) => leak)));`,
  );
  await appendFile(
    join(root, "infra/index.ts"),
    'export const leak: unknown = Reflect.get(integration, "leak");\n',
  );
  await appendFile(
    join(root, "function/shared/server.ts"),
    `import { writeFileSync } from "node:fs";
if (process.env["LEAK"]) {
  process.stdout.write(process.env["LEAK"] + "\\n");
  writeFileSync("leak", process.env["LEAK"]);
}\n`,
  );
  return root;
}

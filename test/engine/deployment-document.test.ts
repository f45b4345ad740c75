import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { findCli } from "../../sandbox/engine/cli.ts";
import { servePluginsFor } from "../../sandbox/engine/deployment.ts";
import { withLanguageHost } from "../../sandbox/engine/run.ts";
import { sandboxVariables } from "../../sandbox/engine/workspace.ts";
import { programFor, startClouds } from "../../sandbox/environment.ts";
import { commandsOf, readDocument, sectionOf } from "../support/commands.ts";
import { copyProgram } from "./actions.ts";
import { describeEngine, wholeProgram } from "./support.ts";

/** The value that a command gives to a key of the configuration. */
function valueSetBy(key: string, commands: readonly string[]): string {
  const prefix = `pulumi config set ${key} `;
  return commands.find((command) => command.startsWith(prefix))?.slice(prefix.length) ?? "";
}

describeEngine("docs/deployment.md", { timeout: wholeProgram }, () => {
  it("deploys when its commands are typed word by word, and a sign-in makes a member", async () => {
    const document = await readDocument("docs/deployment.md");
    const commands = commandsOf(sectionOf(document, "## Step by step"));
    expect(commands[0]).toBe("npm ci");

    const cli = String(await findCli());
    const clouds = await startClouds(
      { onOkta: () => {}, onGoogle: () => {} },
      { project: valueSetBy("gcp:project", commands), region: valueSetBy("gcp:region", commands) },
    );
    // Its packages are there, as after `npm ci`.
    const root = await copyProgram();
    const folder = await mkdtemp(join(tmpdir(), "signin-groups-readme-"));
    const program = programFor(clouds, { root });
    const plugins = await servePluginsFor(program);
    onTestFinished(async () => {
      plugins.close();
      await clouds.close();
      await Promise.all([root, folder].map((path) => rm(path, { recursive: true, force: true })));
    });
    const [home, state, bin] = ["home", "state", "bin"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await Promise.all([home, state, bin].map((path) => mkdir(path)));
    await symlink(cli, join(bin, "pulumi"));
    const variables = sandboxVariables({
      home,
      state,
      passphrase: "correct horse",
      plugins: plugins.addresses,
      environment: program.environment,
    });

    /** What a command prints. What it asks for is typed: the API token, as the only secret. */
    const type = (command: string) =>
      withLanguageHost({ cli, variables }, async (environment) => {
        const child = spawn(command, {
          cwd: root,
          shell: true,
          stdio: ["pipe", "pipe", "pipe"],
          env: {
            ...environment,
            PATH: [bin, process.env["PATH"]].join(delimiter),
            // Nobody is there to say yes.
            PULUMI_SKIP_CONFIRMATIONS: "true",
          },
        });
        child.stdin.on("error", () => {}).end(command.includes("okta:apiToken") ? clouds.okta.apiToken : "");
        const printed = Promise.all([text(child.stdout), text(child.stderr)]);
        const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
        const [output, errors] = await printed;
        expect(code, `${command}\n${output}\n${errors}`).toBe(0);
        return output;
      });
    for (const command of commands.slice(1)) {
      // Rights count at once here: the one setting that the document leaves at its default.
      if (command === "pulumi preview") await type("pulumi config set signin-groups:rightsWaitSeconds 0");
      await type(command);
    }

    const outputs: unknown = JSON.parse(await type("pulumi stack output --json"));
    const table = [...sectionOf(document, "## Outputs").matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(
      ([, names = ""]) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(Object.keys(Object(outputs)).sort(), "the table of outputs").toEqual(table.sort());
    for (const [, command = ""] of document.matchAll(/`(pulumi stack output [^`]+)`/g)) await type(command);

    const person = clouds.okta.createPerson({ login: "reader@example.com", displayName: "Reader" });
    clouds.okta.signIn([{ kind: "success", login: "reader@example.com" }]);
    await clouds.idle();
    const groupIds: unknown = Reflect.get(Object(outputs), "groupIds");
    expect(clouds.okta.isMember(String(Reflect.get(Object(groupIds), "App Users")), person.id)).toBe(true);
    const [, destruction = ""] = /To\s+destroy a stack, run ([^.]+)\./.exec(document) ?? [];
    const ending = [...destruction.matchAll(/`([^`]+)`/g)].map(([, command = ""]) => command);
    expect(ending.at(-1)).toBe("pulumi destroy");
    for (const command of ending) await type(command);
    expect(clouds.leftovers()).toEqual([]);
  });
});

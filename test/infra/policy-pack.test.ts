import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";

const folder = join(import.meta.dirname, "../../infra/policy");

/**
 * The pack in a process of its own, started as Pulumi's language host for Node.js does: the runner that the pack's folder
 * resolves, the engine's address, the folder, and the folder as the working directory.
 *
 * @returns the port that it serves
 */
async function startPack(): Promise<string> {
  const runner = createRequire(join(folder, "index.cjs")).resolve("@pulumi/pulumi/cmd/run-policy-pack");
  const pack = spawn(process.execPath, [runner, "127.0.0.1:1", folder], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    pack.kill();
    await once(pack, "exit");
  });
  const [line] = await once(createInterface(pack.stdout), "line");
  return String(line);
}

it("the policy pack starts from the repository's own packages, and every policy in it is mandatory", async () => {
  const client = new AnalyzerClient(`127.0.0.1:${await startPack()}`, credentials.createInsecure());
  onTestFinished(() => client.close());
  const info = await new Promise<{ toObject(): unknown }>((resolve, reject) => {
    client.getAnalyzerInfo(new Empty(), (error: Error | null, answer: { toObject(): unknown }) =>
      error === null ? resolve(answer) : reject(error),
    );
  });
  const mandatory = (name: string) =>
    expect.objectContaining({ name, enforcementlevel: analyzer.EnforcementLevel.MANDATORY });
  expect(info.toObject()).toMatchObject({
    name: "signin-groups",
    policiesList: [
      mandatory("only-invoking-is-public"),
      mandatory("only-receiver-is-public"),
      mandatory("event-hook-has-authentication"),
      mandatory("service-app-has-no-organization-wide-role"),
      mandatory("custom-role-is-of-this-program"),
      mandatory("custom-role-only-manages-members"),
      mandatory("resource-set-holds-single-groups"),
      mandatory("service-app-has-needed-scopes"),
      mandatory("nobody-becomes-administrator"),
      mandatory("only-needed-google-roles"),
      mandatory("no-secret-in-plain-environment"),
      mandatory("no-secret-value-in-plain-environment"),
    ],
  });
});

it("the policy pack is run by Node.js as it is", async () => {
  const project = parse(await readFile(join(folder, "PulumiPolicy.yaml"), "utf8"));
  expect(project).toMatchObject({
    runtime: { name: "nodejs", options: { typescript: false } },
    main: "index.cjs",
  });
  // Whatever it imports must be at hand after `npm ci`, since Pulumi installs nothing for a pack on disk.
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  expect(manifest.dependencies ?? manifest.devDependencies).toBeUndefined();
});

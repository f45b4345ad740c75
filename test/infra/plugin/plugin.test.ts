import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import { expect, it, onTestFinished } from "vitest";
import { packageSchema } from "../../../infra/plugin/schema.ts";

const root = join(import.meta.dirname, "../../..");

it("the plugin starts as Pulumi's host for Node.js starts it, and serves the schema", async () => {
  const runPlugin = createRequire(join(root, "index.js")).resolve("@pulumi/pulumi/cmd/run-plugin/index.js");
  // Nothing listens at the engine's address: it is called only while a component is made.
  const child = spawn(process.execPath, [runPlugin, root, "127.0.0.1:1"], {
    cwd: root,
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const [port] = await once(createInterface(child.stdout), "line");
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  onTestFinished(() => client.close());
  const schema = await new Promise<string>((resolve, reject) => {
    client.getSchema(new provider.GetSchemaRequest(), (error, response) => {
      if (error === null) resolve(response.getSchema());
      else reject(error);
    });
  });
  expect(JSON.parse(schema)).toEqual(packageSchema());
});

import { expect, it } from "vitest";
import { DeploymentError } from "../../infra/errors.ts";
import { readStackResources } from "../../infra/preflight/stack.ts";

it("refuses to run without Pulumi's engine, and says which command runs the program", async () => {
  const error: unknown = await readStackResources().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DeploymentError);
  expect(error).toMatchObject({
    code: "engine",
    message: 'Pulumi must run this program: run "pulumi preview" or "pulumi up".',
  });
});

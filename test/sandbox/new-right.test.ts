import { expect, it, onTestFinished } from "vitest";
import { deployEmbedded } from "../../sandbox/deploy/embedded.ts";
import { programFor, startClouds } from "../../sandbox/environment.ts";
import { runInSharedProcess } from "../support/programs.ts";

/** Deploys the program onto a Google Cloud that follows a changed policy late. */
async function deployWith(delayMilliseconds: number, rightsWaitSeconds: number) {
  const clouds = await startClouds({ onOkta: () => undefined, onGoogle: () => undefined });
  onTestFinished(() => clouds.close());
  clouds.google.faults.policyDelayMilliseconds = delayMilliseconds;
  const program = programFor(clouds);
  return deployEmbedded({
    ...program,
    start: runInSharedProcess,
    configuration: { ...program.configuration, "signin-groups:rightsWaitSeconds": String(rightsWaitSeconds) },
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
}

it("the first build fails when it does not wait until the builder's rights count", async () => {
  await expect(deployWith(3_600_000, 0)).rejects.toThrow(
    "Build failed: Permission 'storage.objects.get' denied",
  );
});

it("the first build and the first start wait until their accounts' rights count", async () => {
  const { outputs } = await deployWith(900, 1);
  expect(outputs["hookUrl"]).toMatch(/^http:/);
});

import * as pulumi from "@pulumi/pulumi";

/**
 * A hook that waits after a right of an account was given, until Google Cloud knows of it everywhere. A new right is read back
 * at once and decides only later (Google Cloud, "Access change propagation": typically 2 minutes), and nobody but the account
 * itself can ask whether it does. It is for rights that a deployment needs at once: a build or a start that comes too early
 * fails, and stays failed. What is tried again by itself, as a task is, needs no wait.
 *
 * A right that was there before costs no time: the hook runs when a binding is made.
 */
export function afterNewRight(name: string, seconds: number): pulumi.ResourceHook {
  return new pulumi.ResourceHook(name, async ({ name: binding }) => {
    if (seconds === 0) return;
    void pulumi.log.info(`Waiting ${seconds} s until Google Cloud follows the new right ${binding}.`);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  });
}

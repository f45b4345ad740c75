import { randomUUID } from "node:crypto";
import { type ReplayTask, replayProgressName } from "../../../function/shared/contract.ts";
import { type Deployed, EARLIER_EVENTS } from "./deployment.ts";
import { taskSucceeds } from "./tasks.ts";

/**
 * Begins a replay as its command does, in which Okta fails at the second page, so that another call has to go on with it.
 *
 * @returns whether it comes to its end
 */
export async function replayGoesOn({ clouds, okta, google, outputs }: Deployed): Promise<boolean> {
  const now = Date.now();
  const task: ReplayTask = {
    kind: "replay",
    continuationQueue: String(outputs["continuationQueue"]),
    id: randomUUID(),
    since: new Date(now - 3600_000).toISOString(),
    until: new Date(now).toISOString(),
    dryRun: true,
  };
  const before = okta.history.length();
  const hasPage = () =>
    okta.history
      .since(before)
      .some((notice) => notice.kind === "request" && notice.path === "/api/v1/logs" && notice.status === 200);
  const { calls } = clouds.okta.faults;
  const fault = { trouble: { kind: "server-error" }, path: "/api/v1/logs", when: hasPage, times: 2 } as const;
  const countdown = { ...fault };
  calls.push(countdown);
  try {
    await begin(task, google);
    if (!(await taskSucceeds(google, `replay-${task.id}-0`))) return false;
    if (!(await taskSucceeds(google, `replay-${task.id}-1`))) return false;
  } finally {
    calls.splice(calls.indexOf(countdown), 1);
  }
  const object = encodeURIComponent(replayProgressName(task.id));
  const progress = await google.owner.call(
    "GET",
    `/storage/v1/b/${String(outputs["stateBucket"])}/o/${object}?alt=media`,
  );
  const { events }: { events?: number } = Object(progress["counts"]);
  return progress["state"] === "done" && (events ?? 0) >= EARLIER_EVENTS;
}

async function begin(task: ReplayTask, { owner }: Deployed["google"]): Promise<void> {
  await owner.call("POST", `/v2/${task.continuationQueue}/tasks`, {
    task: {
      name: `${task.continuationQueue}/tasks/replay-${task.id}-0`,
      httpRequest: {
        url: "https://reconcile.invalid/",
        httpMethod: "POST",
        headers: { "Content-Type": "application/json" },
        body: Buffer.from(JSON.stringify(task)).toString("base64"),
      },
    },
  });
}

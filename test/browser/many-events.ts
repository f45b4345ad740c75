import { randomUUID } from "node:crypto";
import type { Console } from "../../sandbox/console/console.ts";

/** How long feeding pauses between two slices, in milliseconds. */
const SLICE_MS = 50;

/** Reports an event with all that follows of it, as the two clouds do. */
function report({ onOkta, onGoogle }: Console): void {
  const uuid = randomUUID();
  const task = uuid.replaceAll("-", "");
  const actorId = `00u${task.slice(0, 17)}`;
  const body = JSON.stringify({
    eventUuid: uuid,
    groupId: "00gmany",
    userId: actorId,
    source: "hook",
    rule: 0,
  });
  onOkta({ kind: "event", uuid, eventType: "user.session.start", result: "SUCCESS", actorId });
  const delivery = {
    hookId: "who1",
    eventId: uuid,
    eventUuids: [uuid],
    attempt: 1,
    milliseconds: 5,
  } as const;
  onOkta({ kind: "delivery", ...delivery, ok: true, status: 204 });
  for (const event of ["created", "dispatched"] as const) {
    onGoogle({ kind: "task", event, task, queue: "many", attempt: 1, body });
  }
  onGoogle({
    kind: "task",
    event: "finished",
    task,
    queue: "many",
    attempt: 1,
    status: 200,
    milliseconds: 9,
    body,
  });
}

/** Reports so many events at once. */
export function reportMany(console: Console, count: number): void {
  for (let index = 0; index < count; index += 1) report(console);
}

/** Reports so many events a second, for a while. */
export async function reportSteadily(console: Console, perSecond: number, seconds: number): Promise<void> {
  const began = performance.now();
  let done = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(Math.floor(((performance.now() - began) / 1000) * perSecond), perSecond * seconds);
      reportMany(console, due - done);
      done = due;
      if (done < perSecond * seconds) return;
      clearInterval(timer);
      resolve();
    }, SLICE_MS);
  });
}

/** Reports a resource that is declared and made at once. */
export function reportResource({ onRegistration, onProgress }: Console, name: string): void {
  const type = "okta:group/group:Group";
  const urn = `urn:pulumi:many::signin-groups::${type}::${name}`;
  onRegistration({ urn, type, parent: undefined, dependencies: [], inputs: { name } });
  onProgress({ kind: "created", type, name, milliseconds: 1 });
}

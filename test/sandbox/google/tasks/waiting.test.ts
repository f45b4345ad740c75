import { array as arrayOf, assert, constantFrom, nat, property, record } from "fast-check";
import { expect, it } from "vitest";
import { createWaitingTasks, type Task } from "../../../../sandbox/google/tasks/task.ts";

function taskOf(order: number, scheduleTime: number): Task {
  const request = {
    url: undefined,
    method: "POST",
    headers: {},
    body: Buffer.alloc(0),
    oidcToken: undefined,
  } as const;
  return {
    name: `queue/tasks/${order}`,
    id: String(order),
    input: { name: undefined, scheduleTime: undefined, dispatchDeadline: 0, request },
    order,
    createTime: 0,
    scheduleTime,
    attempts: 0,
    responses: 0,
    firstAttemptTime: undefined,
    previousStatus: undefined,
  };
}

/** More come than go, so that the heap grows deep. */
const kind = constantFrom("new", "new", "new", "new", "take", "remove", "again");
const step = record({ kind, number: nat(20) });

it("whatever is put in and taken out, the first is the one that is due first, and of those the one made first", () => {
  assert(
    property(arrayOf(step, { maxLength: 200, size: "max" }), (steps) => {
      const waiting = createWaitingTasks();
      const model: Task[] = [];
      const taken: Task[] = [];
      for (const [order, { kind, number }] of steps.entries()) {
        if (kind === "new") {
          const task = taskOf(order, number);
          model.push(task);
          waiting.add(task);
        } else if (kind === "again") {
          // As a task that is tried again: the same one, at another time.
          const task = taken.pop();
          if (task === undefined) continue;
          task.scheduleTime += number;
          model.push(task);
          waiting.add(task);
        } else {
          const task = kind === "take" ? waiting.first() : model[number];
          if (task === undefined) continue;
          waiting.remove(task);
          model.splice(model.indexOf(task), 1);
          taken.push(task);
        }
        model.sort((one, other) => one.scheduleTime - other.scheduleTime || one.order - other.order);
        expect(waiting.first()).toBe(model[0]);
      }
    }),
  );
});

import type { Task } from "./task.ts";

/** The tasks that wait for a dispatch, by when they are due and, at the same time, by when they were made. */
export interface WaitingTasks {
  /** @param task one that does not wait; its time must not change until it is removed */
  add(task: Task): void;
  remove(task: Task): void;
  /** The task that is due first. */
  first(): Task | undefined;
}

/** A task's place; it is void once the task was removed, and is dropped when it comes to the head. */
interface Place {
  readonly task: Task;
  readonly due: number;
}

/** Makes an empty set: a binary heap, since a queue may hold tens of thousands of tasks. */
export function createWaitingTasks(): WaitingTasks {
  const heap: Place[] = [];
  const places = new Map<Task, Place>();

  function isBefore(one: Place, other: Place): boolean {
    return one.due === other.due ? one.task.order < other.task.order : one.due < other.due;
  }

  /** Lets a place rise from the end to where it belongs. */
  function push(place: Place): void {
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, place)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = place;
  }

  /** Drops the head: the last place comes there and sinks to where it belongs. */
  function pop(): void {
    const place = heap.pop();
    if (place === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, place)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = place;
  }

  return {
    add(task) {
      const place = { task, due: task.scheduleTime };
      places.set(task, place);
      push(place);
    },
    remove: (task) => void places.delete(task),
    first() {
      let [head] = heap;
      while (head !== undefined && places.get(head.task) !== head) {
        pop();
        [head] = heap;
      }
      return head?.task;
    },
  };
}

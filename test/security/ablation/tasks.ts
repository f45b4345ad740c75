import type { Deployed } from "./deployment.ts";

/**
 * Whether the first attempt of a task succeeds; its name or a part of its body identifies it. Later attempts show nothing
 * new: what is missing stays missing.
 */
export async function taskSucceeds({ history }: Deployed["google"], mark: string): Promise<boolean> {
  const status = await history.until(`the task of ${mark}`, (notices) => {
    for (const notice of notices) {
      if (notice.kind !== "task" || notice.event !== "finished") continue;
      if (notice.task === mark || notice.body?.includes(mark) === true) return notice.status ?? 0;
    }
    return undefined;
  });
  return isSuccess(status);
}

/** Waits until every task that was made has come to its end. */
export function tasksAreDone({ history }: Deployed["google"]): Promise<true> {
  return history.until("the end of all tasks", (notices) => {
    const open = new Set<string>();
    for (const notice of notices) {
      if (notice.kind !== "task") continue;
      const over =
        notice.event === "dropped" || (notice.event === "finished" && isSuccess(notice.status ?? 0));
      if (notice.event === "created") open.add(notice.task);
      if (over) open.delete(notice.task);
    }
    return open.size === 0 ? true : undefined;
  });
}

/** Whether an HTTP status says that it was done. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

import type { GoogleNotice } from "./google/notices.ts";
import type { OktaNotice } from "./okta/model/notices.ts";

/** A task as seen from outside: who shall get into which group, and what became of it. */
export interface TaskStep {
  readonly id: string;
  readonly groupId: string;
  /** Status of the last attempt; absent before the first one ended. */
  status?: number;
  attempts: number;
}

/** The way of one event: delivery, tasks, calls to Okta. */
export interface Trace {
  readonly uuid: string;
  readonly eventType: string;
  readonly result: string;
  readonly actorId: string;
  readonly deliveries: {
    readonly status: number | undefined;
    readonly ok: boolean;
    readonly milliseconds: number;
  }[];
  readonly tasks: TaskStep[];
  /** Statuses of the PUTs that made, or did not make, the membership. */
  readonly puts: number[];
  /** From the event to the last step so far, in milliseconds. */
  milliseconds: number;
}

/** Puts together what the two clouds report. */
export interface Traces {
  readonly onOkta: (notice: OktaNotice) => void;
  readonly onGoogle: (notice: GoogleNotice) => void;
  /** The way of the event with this uuid. */
  of(uuid: string): Trace | undefined;
}

/** @param now the clock, in milliseconds */
export function followTraces(now: () => number): Traces {
  const traces = new Map<string, Trace & { readonly began: number }>();
  const byTask = new Map<string, string>();
  const step = (uuid: string | undefined, take: (trace: Trace) => void) => {
    const trace = uuid === undefined ? undefined : traces.get(uuid);
    if (trace === undefined) return;
    take(trace);
    trace.milliseconds = now() - trace.began;
  };

  const onOkta = (notice: OktaNotice) => {
    if (notice.kind === "event") {
      const { uuid, eventType, result, actorId } = notice;
      const empty = { deliveries: [], tasks: [], puts: [], milliseconds: 0 };
      traces.set(uuid, { uuid, eventType, result, actorId, ...empty, began: now() });
    } else if (notice.kind === "delivery") {
      const { status, ok, milliseconds } = notice;
      for (const uuid of notice.eventUuids) {
        step(uuid, ({ deliveries }) => deliveries.push({ status, ok, milliseconds }));
      }
    } else if (notice.kind === "request" && notice.method === "PUT") {
      const [, groupId, userId] = /^\/api\/v1\/groups\/([^/]+)\/users\/([^/]+)$/.exec(notice.path) ?? [];
      const waits = ({ actorId, tasks }: Trace) =>
        actorId === userId && tasks.some((task) => task.groupId === groupId && task.status === undefined);
      step(traces.values().find(waits)?.uuid, ({ puts }) => puts.push(notice.status));
    }
  };

  const onGoogle = (notice: GoogleNotice) => {
    if (notice.kind !== "task") return;
    if (notice.event === "created") {
      const { eventUuid, groupId } = taskBody(notice.body);
      byTask.set(notice.task, eventUuid);
      step(eventUuid, ({ tasks }) => tasks.push({ id: notice.task, groupId, attempts: 0 }));
    } else if (notice.event !== "duplicate") {
      step(byTask.get(notice.task), ({ tasks }) => {
        const task = tasks.find(({ id }) => id === notice.task);
        if (task === undefined) return;
        if (notice.event === "dispatched") task.attempts += 1;
        if (notice.status !== undefined) task.status = notice.status;
      });
    }
  };

  return { onOkta, onGoogle, of: (uuid) => traces.get(uuid) };
}

function taskBody(text: string | undefined): { eventUuid: string; groupId: string } {
  const body: unknown = JSON.parse(text ?? "{}");
  const field = (name: string) => String(Reflect.get(Object(body), name));
  return { eventUuid: field("eventUuid"), groupId: field("groupId") };
}

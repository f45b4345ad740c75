/** What the cloud reports to an observer. Times are milliseconds. */
export type GoogleNotice =
  | BuildNotice
  | InstanceNotice
  | FunctionLogNotice
  | TaskNotice
  | ScheduleNotice
  | ExportNotice
  | RequestNotice;

/** A build of a function's source has ended. */
export interface BuildNotice {
  readonly kind: "build";
  readonly function: string;
  readonly milliseconds: number;
  readonly ok: boolean;
  readonly reason?: string;
}

/** A process of a function began or ended. */
export interface InstanceNotice {
  readonly kind: "instance";
  readonly function: string;
  readonly event: "started" | "stopped";
  readonly pid: number;
}

/** One line that a function wrote: the JSON object it is, or its text as `message`. */
export interface FunctionLogNotice {
  readonly kind: "function-log";
  readonly function: string;
  readonly line: Readonly<Record<string, unknown>>;
}

/** A step in the life of a task. `attempt` counts from 1; `body` is the decoded text of its body. */
export interface TaskNotice {
  readonly kind: "task";
  readonly event: "created" | "duplicate" | "dispatched" | "finished" | "dropped";
  readonly task: string;
  readonly queue: string;
  readonly attempt?: number;
  readonly status?: number;
  readonly milliseconds?: number;
  readonly body?: string;
}

/**
 * A step in one run of a job of Cloud Scheduler, which its schedule or a call began. `attempt` counts from 1 in each
 * run; `body` is the decoded text of its body.
 */
export interface ScheduleNotice {
  readonly kind: "schedule";
  readonly event: "dispatched" | "finished" | "dropped";
  readonly job: string;
  readonly begunBy: "schedule" | "call";
  readonly attempt: number;
  readonly status?: number;
  readonly milliseconds?: number;
  readonly body?: string;
}

/** A log sink has exported an entry, or could not. */
export interface ExportNotice {
  readonly kind: "export";
  /** Short name of the sink. */
  readonly sink: string;
  readonly isTaken: boolean;
}

/** A call of a Google API, after it was answered. `principal` is "owner", a service account or "anonymous". */
export interface RequestNotice {
  readonly kind: "request";
  readonly method: string;
  readonly path: string;
  /** 0 when the caller was left without an answer. */
  readonly status: number;
  readonly principal: string;
  /** What the caller needed; undefined when there is no such method. */
  readonly permission: string | undefined;
}

/** Takes a notice; must not throw. */
export type Notify = (notice: GoogleNotice) => void;

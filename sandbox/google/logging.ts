import { isObject, own } from "../../function/shared/json.ts";
import type { Api, Cloud } from "./cloud.ts";
import { invalidField } from "./errors.ts";
import { type FieldValue, parseFilter } from "./monitoring/filter.ts";
import type { GoogleNotice, TaskNotice } from "./notices.ts";

/** One entry of the log (Cloud Logging, REST reference v2: LogEntry). */
export interface LogEntry {
  readonly logName: string;
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> };
  /** ISO 8601. */
  readonly timestamp: string;
  readonly severity: string;
  readonly jsonPayload: Readonly<Record<string, unknown>>;
}

/** How many entries are kept, the latest. */
const KEPT = 5_000;

/** Entries on a page unless `pageSize` says otherwise. */
const PAGE = 50;
const LARGEST_PAGE = 1_000;

/** The log of a project. */
export interface Logging extends Api {
  /** Writes what functions print, and what queues do. */
  hear(notice: GoogleNotice): void;
  /** Gives each entry that is written from then on to somebody, who must not throw. */
  onEntry(listener: (entry: LogEntry) => void): void;
}

/** Cloud Logging, as far as somebody reads the entries of functions and queues. */
export function createLogging(cloud: Pick<Cloud, "project" | "region">): Logging {
  const entries: LogEntry[] = [];
  const listeners: ((entry: LogEntry) => void)[] = [];
  const write = (written: Omit<LogEntry, "timestamp">) => {
    const entry = { ...written, timestamp: new Date().toISOString() };
    entries.push(entry);
    if (entries.length > KEPT) entries.shift();
    for (const listener of listeners) listener(entry);
  };
  const { project, region } = cloud;

  /**
   * @decision A line of JSON that a function prints is an entry of cloud_run_revision with the line's fields as jsonPayload, and its
   * severity taken out.
   * @evidence documentation: Google Cloud, "Structured logging" (severity is a special field; the others stay in jsonPayload);
   * "Monitored resource types": cloud_run_revision, service_name.
   * @matters misleading: `npm run smoke -- --user` shows when a function did what.
   */
  function writeLine(
    service: string,
    { severity = "DEFAULT", ...line }: Readonly<Record<string, unknown>>,
  ): void {
    write({
      logName: `projects/${project}/logs/run.googleapis.com%2Fstdout`,
      resource: {
        type: "cloud_run_revision",
        labels: { project_id: project, location: region, service_name: service },
      },
      severity: String(severity),
      jsonPayload: line,
    });
  }

  /**
   * @decision A queue with a sampling ratio of 1 writes each task's creation, dispatches and responses into
   * cloudtasks.googleapis.com%2Ftask_operations_log, with the task's full name, and a response with its status and the dispatches so far.
   * @evidence recorded: public logs and scripts (jsonPayload with @type …TaskActivityLog, task, and one of taskCreationLog,
   * attemptDispatchLog and attemptResponseLog; status such as OK, PERMISSION_DENIED or UNKNOWN; dispatchCount as a text).
   * @matters misleading: `npm run smoke -- --user` shows when a task was created and answered.
   */
  function writeTask({ event, task, queue, attempt, status }: TaskNotice): void {
    const name = task.includes("/")
      ? task
      : `projects/${project}/locations/${region}/queues/${queue}/tasks/${task}`;
    const dispatchCount = String(attempt ?? 1);
    const isOk = status !== undefined && status >= 200 && status < 300;
    const activity = {
      created: { taskCreationLog: { status: "OK" } },
      dispatched: { attemptDispatchLog: { dispatchCount } },
      finished: { attemptResponseLog: { dispatchCount, status: isOk ? "OK" : "UNKNOWN" } },
    } as const;
    if (event !== "created" && event !== "dispatched" && event !== "finished") return;
    write({
      logName: `projects/${project}/logs/cloudtasks.googleapis.com%2Ftask_operations_log`,
      resource: {
        type: "cloud_tasks_queue",
        labels: { project_id: project, target_type: "http", queue_id: queue },
      },
      severity: event === "finished" && !isOk ? "ERROR" : "DEFAULT",
      jsonPayload: {
        "@type": "type.googleapis.com/google.cloud.tasks.logging.v1.TaskActivityLog",
        task: name,
        ...activity[event],
      },
    });
  }

  return {
    hear(notice) {
      if (notice.kind === "function-log") writeLine(notice.function, notice.line);
      if (notice.kind === "task") writeTask(notice);
    },
    onEntry: (listener) => void listeners.push(listener),
    leftovers: () => [],
    routes: [
      /**
       * @decision Entries are listed by a POST of the projects and a filter, for logging.logEntries.list, the oldest first, in pages of 50
       * unless pageSize says otherwise, at most 1,000; nextPageToken leads to the next one, with the same filter.
       * @evidence documentation: Cloud Logging, REST reference v2, entries.list: resourceNames, filter, orderBy ("timestamp asc" by
       * default), pageSize, pageToken.
       * @matters misleading: `npm run smoke -- --user` and `npm run explain` read them.
       */
      {
        method: "POST",
        path: "/v2/entries:list",
        service: "logging.googleapis.com",
        permission: "logging.logEntries.list",
        resource: () => `projects/${project}`,
        handle(call) {
          const matches = readFilter(call.fields().optionalString("filter") ?? "");
          const size = Math.min(call.fields().optionalInteger("pageSize") ?? PAGE, LARGEST_PAGE);
          const from = Number(call.fields().optionalString("pageToken") ?? 0);
          const all = entries.filter(matches);
          const found = all.slice(from, from + size);
          if (found.length === 0) return {};
          const next = from + size < all.length ? { nextPageToken: String(from + size) } : {};
          return { entries: found, ...next };
        },
      },
    ],
  };
}

/**
 * @decision A filter is in the language of Cloud Logging; one that cannot be read is refused with 400.
 * @evidence documentation: Google Cloud, "Logging query language". Of it the part is read here that the program uses.
 * @matters misleading: what the commands ask for decides what they say.
 */
export function readFilter(text: string): (entry: LogEntry) => boolean {
  if (text === "") return () => true;
  try {
    const filter = parseFilter(text);
    return (entry) => filter((path) => fieldOf(entry, path.split(".")));
  } catch (error) {
    throw invalidField("filter", error instanceof Error ? error.message : "cannot be read");
  }
}

function fieldOf(entry: LogEntry, keys: readonly string[]): FieldValue {
  let held: unknown = entry;
  for (const key of keys) held = isObject(held) ? own(held, key) : undefined;
  return typeof held === "string" || typeof held === "number" || typeof held === "boolean" ? held : undefined;
}

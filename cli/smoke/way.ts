import type { Clock } from "../../function/shared/clock.ts";
import { taskId } from "../../function/shared/google/task-queue.ts";
import type { JsonObject } from "../../function/shared/json.ts";
import type { SignalName } from "../../function/shared/signals.ts";
import type { Happening } from "../findings.ts";
import { explainRefusal, type GoogleApi } from "../google-api.ts";
import { listIn, objectIn } from "./deployed.ts";

/** Where the way of a sign-in is looked up. */
export interface WayPlace {
  readonly project: string;
  /** Short names of the functions' Cloud Run services. */
  readonly services: Readonly<Record<string, string>>;
  /** Full name of the queue of memberships. */
  readonly queue: string;
  readonly api: GoogleApi;
}

/** A sign-in that led to a membership. */
export interface LoggedSignIn {
  readonly eventUuid: string;
  readonly userId: string;
  readonly groupId: string;
  /** ISO 8601. */
  readonly published: string;
}

/** Cloud Logging shows an entry some seconds after it was written: how long that is waited for, in milliseconds. */
const ENTRIES_MS = 30_000;
const PAUSE_MS = 1_000;

/** The parts of the way, in their usual order, each with the filter that finds it. */
function partsOf(
  { eventUuid, userId, groupId, published }: LoggedSignIn,
  { project, services, queue }: WayPlace,
): readonly { readonly filter: string; readonly happened: (entry: JsonObject) => string | undefined }[] {
  const task = `${queue}/tasks/${taskId({ eventUuid, userId, groupId })}`;
  // The clocks of Okta and Google may differ a little.
  const since = new Date(Date.parse(published) - 5_000).toISOString();
  const log = `projects/${project}/logs/cloudtasks.googleapis.com%2Ftask_operations_log`;
  const ofQueue = `timestamp>="${since}" AND logName="${log}" AND jsonPayload.task="${task}"`;
  const ofFunction = (name: string, event: SignalName) =>
    `timestamp>="${since}" AND resource.labels.service_name="${services[name]}" AND jsonPayload.event="${event}"`;
  return [
    {
      filter: ofQueue,
      happened: (entry) => ("taskCreationLog" in objectIn(entry, "jsonPayload") ? "task created" : undefined),
    },
    {
      filter: ofFunction("receive", "delivery-taken"),
      happened: (entry) => {
        const { queued } = objectIn(entry, "jsonPayload");
        return Number(queued) > 0 ? "delivered: receive took the delivery" : undefined;
      },
    },
    {
      filter: `${ofFunction("grant", "membership")} AND jsonPayload.eventUuid="${eventUuid}"`,
      happened: () => "grant added the user to the group",
    },
    {
      filter: ofQueue,
      happened: (entry) => {
        const response = objectIn(objectIn(entry, "jsonPayload"), "attemptResponseLog");
        return response["status"] === "OK" ? "task finished" : undefined;
      },
    },
  ];
}

/**
 * Looks up in the logs of the queue and of the functions what a sign-in led to.
 *
 * @returns what happened when, and why something of it is missing
 */
export async function readWay(
  signIn: LoggedSignIn,
  place: WayPlace,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<{ readonly steps: readonly Happening[]; readonly problem?: string }> {
  const { project, api } = place;
  const end = clock.now() + ENTRIES_MS;
  let open = partsOf(signIn, place);
  const steps: Happening[] = [];
  while (true) {
    const missing: (typeof open)[number][] = [];
    for (const part of open) {
      const answer = await api.call("logging", "entries:list", {
        signal,
        body: { resourceNames: [`projects/${project}`], filter: part.filter, orderBy: "timestamp asc" },
      });
      if (answer.kind !== "found") {
        const needed = { project, service: "logging.googleapis.com", permission: "logging.logEntries.list" };
        return { steps, problem: explainRefusal(answer, needed).reason };
      }
      const found = listIn(answer.body, "entries").flatMap((entry) => {
        const what = part.happened(entry);
        return what === undefined ? [] : [{ at: String(entry["timestamp"]), what }];
      });
      const [first] = found;
      if (first === undefined) missing.push(part);
      else steps.push(first);
    }
    open = missing;
    if (open.length === 0 || signal.aborted) return { steps };
    if (clock.now() >= end) return { steps, problem: "Cloud Logging does not show all of it yet" };
    await clock.sleep(PAUSE_MS, signal);
  }
}

import { isObject, parseJson } from "../../function/shared/json.ts";
import type { Clouds } from "../environment.ts";
import type { Fault } from "./faults.ts";
import type { Load } from "./load.ts";

/** How far the sandbox is. */
export type Phase = "starting" | "deploying" | "up" | "failed" | "destroying";

/** What changes besides the events: the page has it always, so it is short. */
export interface State {
  readonly phase: Phase;
  /** What failed, where something did. */
  readonly failure?: string;
  readonly engine: string;
  readonly project: string;
  readonly resources: { readonly made: number; readonly begun: number };
  readonly people: number;
  readonly logEntries: number;
  readonly groups: readonly { readonly id: string; readonly name: string; readonly members: number }[];
  /** The hook's subscriptions; undefined while there is no hook. */
  readonly hook?: { readonly verified: boolean; readonly events: readonly string[] };
  readonly queues: readonly {
    readonly name: string;
    readonly tasks: number;
    /** When the task is sent that is due first. */
    readonly next?: number;
  }[];
  /** Where `reconcile` is in the System Log; undefined before it has run. */
  readonly cursor?: { readonly reached: string; readonly next: string };
  readonly limits: readonly {
    readonly name: string;
    readonly limit: number;
    readonly used: number;
    readonly ends: number;
  }[];
  readonly faults: readonly string[];
  readonly load?: { readonly perSecond: number; readonly seconds: number; readonly done: number };
}

/** What the console itself knows. */
export interface Known {
  readonly phase: Phase;
  readonly failure: string | undefined;
  readonly engine: string;
  readonly resources: State["resources"];
  readonly faults: readonly Fault[];
  readonly load: Load;
}

export function stateOf({ okta, google, project }: Clouds, known: Known): State {
  const { content } = okta;
  const [hook] = content.hooks.values();
  const { running } = known.load;
  const cursor = cursorOf(google.objectNamed("cursor.json"));
  return {
    phase: known.phase,
    ...(known.failure === undefined ? {} : { failure: known.failure }),
    engine: known.engine,
    project,
    resources: known.resources,
    people: content.people.size,
    logEntries: content.log().length,
    groups: [...content.groups.values()].map(({ id, name, members }) => ({
      id,
      name,
      members: members.size,
    })),
    ...(hook === undefined
      ? {}
      : { hook: { verified: hook.verificationStatus === "VERIFIED", events: hook.events } }),
    queues: [...google.tasks()].map(([name, tasks]) => {
      const [first] = tasks;
      const next = tasks.reduce(
        (least, { scheduleTime }) => Math.min(least, scheduleTime),
        first?.scheduleTime ?? 0,
      );
      return { name, tasks: tasks.length, ...(first === undefined ? {} : { next }) };
    }),
    ...(cursor === undefined ? {} : { cursor }),
    limits: content.windows(),
    faults: known.faults.filter((fault) => fault.isOn()).map(({ id }) => id),
    ...(running === undefined
      ? {}
      : { load: { perSecond: running.perSecond, seconds: running.seconds, done: running.done } }),
  };
}

function cursorOf(content: Uint8Array | undefined): State["cursor"] {
  const value = content === undefined ? undefined : parseJson(new TextDecoder().decode(content));
  if (!isObject(value)) return undefined;
  return { reached: String(value["reached"] ?? ""), next: String(value["next"] ?? "") };
}

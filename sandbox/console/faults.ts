import type { LocalGoogle } from "../google/server.ts";
import type { LocalOkta } from "../okta/server.ts";

/** A trouble that can be switched on and off. */
export interface Fault {
  readonly id: string;
  /** Where it strikes. */
  readonly area: "Okta's API" | "Deliveries" | "Google Cloud" | "Functions";
  readonly title: string;
  /** What one should see while it is on. */
  readonly expect: string;
  /** What one should see after it is taken back. */
  readonly heals: string;
  isOn(): boolean;
  turn(isOn: boolean): void | Promise<void>;
}

/** What the faults strike. */
export type Struck = {
  readonly okta: Pick<LocalOkta, "faults">;
  readonly google: Pick<LocalGoogle, "faults" | "kill">;
};

type CallFault = LocalOkta["faults"]["calls"][number];
type DeliveryFault = LocalOkta["faults"]["deliveries"][number];
type GoogleFaults = LocalGoogle["faults"];

/** The functions that can be killed. */
export const functionNames = ["receive", "grant", "reconcile"] as const;

const SLOW_MS = 4000;
const LATE_MS = 5000;
const SKEW_MS = 600_000;

const WAITS = "The attempts end with 503 or wait, and the queue tries again: no sign-in is lost.";
const RETRIED =
  "The next attempt adds the person. The queue waits longer after each failure, up to some minutes.";

/** Every fault of the sandbox that a person can switch. */
export function createFaults({ okta, google }: Struck): readonly Fault[] {
  /** A fault that is in a list of the org while it is on. */
  function listed<Item extends CallFault | DeliveryFault>(
    list: () => Item[],
    item: Item,
  ): Pick<Fault, "isOn" | "turn"> {
    return {
      isOn: () => list().includes(item),
      turn(isOn) {
        const index = list().indexOf(item);
        if (isOn && index < 0) list().push(item);
        if (!isOn && index >= 0) list().splice(index, 1);
      },
    };
  }
  const call = (fault: CallFault) => listed(() => okta.faults.calls, fault);
  const delivery = (trouble: DeliveryFault["trouble"]) => listed(() => okta.faults.deliveries, { trouble });
  function ofGoogle(
    name: "createTask" | "sign" | "issueToken" | "readObject" | "writeObject",
    fault: NonNullable<GoogleFaults["createTask"]>,
  ): Pick<Fault, "isOn" | "turn"> {
    return {
      isOn: () => google.faults[name] === fault,
      turn(isOn) {
        if (isOn) google.faults[name] = fault;
        else if (google.faults[name] === fault) google.faults[name] = undefined;
      },
    };
  }

  return [
    {
      id: "okta-429",
      area: "Okta's API",
      title: "The rate limit is used up (429)",
      expect: "grant waits for the reset that Okta names, up to a minute, and then adds the person.",
      heals: "The limit is free again with Okta's next window, at most a minute later.",
      ...call({ trouble: { kind: "rate-limit" }, path: "/api/v1/groups/" }),
    },
    {
      id: "okta-500",
      area: "Okta's API",
      title: "Okta answers 500",
      expect: WAITS,
      heals: RETRIED,
      ...call({ trouble: { kind: "server-error" }, path: "/api/v1/groups/" }),
    },
    {
      id: "okta-slow",
      area: "Okta's API",
      title: `Okta answers ${SLOW_MS / 1000} seconds late`,
      expect: "The bars of Okta's calls grow. The person is added all the same.",
      heals: "Calls are short again at once.",
      ...call({ trouble: { kind: "slow", milliseconds: SLOW_MS }, path: "/api/v1/groups/" }),
    },
    {
      id: "okta-reset",
      area: "Okta's API",
      title: "Okta resets connections",
      expect: WAITS,
      heals: RETRIED,
      ...call({ trouble: { kind: "reset" }, path: "/api/v1/groups/" }),
    },
    {
      id: "okta-token",
      area: "Okta's API",
      title: "Okta refuses access tokens",
      expect:
        "grant gets no new token. One that it has is good for an hour: kill grant, and the next sign-in waits in the queue.",
      heals: RETRIED,
      ...call({ trouble: { kind: "server-error" }, path: "/oauth2/v1/token" }),
    },
    {
      id: "delivery-lost",
      area: "Deliveries",
      title: "Deliveries are lost",
      expect:
        "Nothing is delivered. reconcile finds the sign-in in the System Log, at its next time, or when you run it.",
      heals: "Run reconcile: it finds what was lost, and adds the person.",
      ...delivery({ kind: "lost" }),
    },
    {
      id: "delivery-failed",
      area: "Deliveries",
      title: "Deliveries reach nobody",
      expect:
        "Okta tries twice and writes event_hook.delivery into the System Log. reconcile finds the sign-in.",
      heals: "Run reconcile: it finds what was not delivered, and adds the person.",
      ...delivery({ kind: "failed" }),
    },
    {
      id: "delivery-late",
      area: "Deliveries",
      title: `Deliveries come ${LATE_MS / 1000} seconds late`,
      expect:
        "The delivery begins later. If reconcile runs in between, it is faster, and nobody is added twice.",
      heals: "Deliveries come at once.",
      ...delivery({ kind: "delayed", milliseconds: LATE_MS }),
    },
    {
      id: "delivery-twice",
      area: "Deliveries",
      title: "Deliveries come twice",
      expect: "Two deliveries, and one task: the task's name is made of event, person and group.",
      heals: "One delivery an event.",
      ...delivery({ kind: "duplicated", milliseconds: 200 }),
    },
    {
      id: "queue-503",
      area: "Google Cloud",
      title: "Cloud Tasks refuses tasks (503)",
      expect: "receive answers 503, Okta tries once more, and gives up. reconcile finds the sign-in later.",
      heals: "Run reconcile: it finds the sign-in, and queues it.",
      ...ofGoogle("createTask", { answer: 503 }),
    },
    {
      id: "kms-503",
      area: "Google Cloud",
      title: "Cloud KMS signs nothing (503)",
      expect: "grant gets no new access token: kill grant, and the next sign-in waits in the queue.",
      heals: RETRIED,
      ...ofGoogle("sign", { answer: 503 }),
    },
    {
      id: "metadata-hangs",
      area: "Google Cloud",
      title: "The metadata server does not answer",
      expect:
        "A function that starts gets no token of Google: kill receive, and deliveries end with 503 in time.",
      heals: "The next delivery, or reconcile, goes through.",
      ...ofGoogle("issueToken", { answer: "nothing" }),
    },
    {
      id: "storage-503",
      area: "Google Cloud",
      title: "Cloud Storage refuses the cursor (503)",
      expect: "reconcile fails and does not move its cursor. Deliveries go on.",
      heals: "reconcile continues where its cursor is.",
      ...ofGoogle("writeObject", { answer: 503 }),
    },
    {
      id: "clock-skew",
      area: "Functions",
      title: `The functions' clock is ${SKEW_MS / 60_000} minutes ahead`,
      expect:
        "grant starts again with a wrong clock. Five minutes would be well; at ten Okta refuses its assertion, and the queue waits.",
      heals: "grant starts again with the right clock, and the next attempt adds the person.",
      isOn: () => google.faults.clockSkewMilliseconds !== 0,
      async turn(isOn) {
        google.faults.clockSkewMilliseconds = isOn ? SKEW_MS : 0;
        // An instance has the clock with which it was started.
        await google.kill("grant", "SIGTERM");
      },
    },
  ];
}

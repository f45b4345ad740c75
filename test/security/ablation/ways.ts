import { ProviderError } from "../../../sandbox/deploy/handler.ts";
import { isPolling } from "./declared.ts";
import type { Deployed } from "./deployment.ts";
import { replayGoesOn } from "./replay.ts";
import { isSuccess, taskSucceeds } from "./tasks.ts";

/** A way through the system, to be tried out. */
export interface Way {
  /** As the document calls it. */
  readonly name: string;
  /** What mostly waits is tried beside the others, and what it would disturb after it. */
  readonly turn?: "beside" | "last";
  /** Whether the cloud goes it by itself, whatever the processes of functions have kept. */
  readonly isOfCloud?: true;
  /** What comes before the functions' processes are started anew. */
  prepare?(): void;
  works(): Promise<boolean>;
}

/** Every way through the system. */
export function waysThrough(deployed: Deployed): readonly Way[] {
  const { clouds, hosting, groupId, okta, google, one, functionOf } = deployed;
  let people = 0;
  const newPerson = () => {
    people += 1;
    const login = `person-${people}@acme.example`;
    return { login, id: clouds.okta.createPerson({ login, displayName: login }).id };
  };
  let member = newPerson();

  /** Signs somebody in. @returns the event's id, when what Okta itself does of it is over */
  const signIn = async (login: string): Promise<string> => {
    const [event] = clouds.okta.signIn([{ kind: "success", login }]);
    await clouds.okta.idle();
    return event?.uuid ?? "";
  };
  const isDelivered = (uuid: string) =>
    okta.history
      .since(0)
      .some((notice) => notice.kind === "delivery" && notice.ok && notice.eventUuids.includes(uuid));

  return [
    {
      name: "sign-ins become memberships",
      async works() {
        const { login, id } = newPerson();
        const uuid = await signIn(login);
        return isDelivered(uuid) && (await taskSucceeds(google, uuid)) && clouds.okta.isMember(groupId, id);
      },
    },
    {
      name: "members sign in at no cost",
      prepare() {
        member = newPerson();
        clouds.okta.addMember(groupId, member.id);
      },
      async works() {
        // The second sign-in of a new instance has the members listed.
        for (const { login } of [newPerson(), newPerson()]) {
          const uuid = await signIn(login);
          if (!isDelivered(uuid) || !(await taskSucceeds(google, uuid))) return false;
        }
        const before = okta.history.length();
        const uuid = await signIn(member.login);
        if (!isDelivered(uuid) || !(await taskSucceeds(google, uuid))) return false;
        return !okta.history
          .since(before)
          .some((notice) => notice.kind === "request" && notice.method === "PUT");
      },
    },
    {
      name: "lost deliveries are found",
      turn: "last",
      async works() {
        clouds.okta.faults.deliveries.push({ trouble: { kind: "lost" }, times: 1 });
        const { login, id } = newPerson();
        const uuid = await signIn(login);
        const before = google.history.length();
        await google.owner.call("POST", `/v1/${one("gcp:cloudscheduler/job:Job", isPolling).state.id}:run`);
        const status = await google.history.until("the schedule's run", (notices) => {
          const run = notices
            .slice(before)
            .find((notice) => notice.kind === "schedule" && notice.event === "finished");
          return run?.kind === "schedule" ? (run.status ?? 0) : undefined;
        });
        if (!isSuccess(status)) return false;
        return (await taskSucceeds(google, uuid)) && clouds.okta.isMember(groupId, id);
      },
    },
    { name: "replays go on", turn: "beside", works: () => replayGoesOn(deployed) },
    {
      name: "new code is served",
      async works() {
        const path = `/v2/${functionOf("receive").state.id}`;
        const { buildConfig, template } = await google.owner.call("GET", path);
        const [query, body] =
          hosting === "functions"
            ? ["updateMask=buildConfig", { buildConfig }]
            : ["updateMask=template&forceNewRevision=true", { template }];
        return succeeds(async () => {
          const change = await google.owner.call("PATCH", `${path}?${query}`, body);
          await google.owner.finish("/v2/", change);
        });
      },
    },
    { name: "Okta can verify the hook", works: () => verify(deployed) },
  ];
}

/** Has Okta verify the hook, as an administrator would. @returns whether it is verified */
export function verify({ one, okta }: Deployed): Promise<boolean> {
  const { id } = one("okta:index/eventHook:EventHook").state;
  return succeeds(() => okta.administrator.call("POST", `/api/v1/eventHooks/${id}/lifecycle/verify`));
}

async function succeeds(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof ProviderError) return false;
    throw error;
  }
}

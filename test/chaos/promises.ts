import type { OktaNotice } from "../../sandbox/okta/model/notices.ts";
import type { SimulatedClock } from "../../sandbox/simulation/clock.ts";
import type { Company } from "../../sandbox/simulation/company.ts";
import { type KnownRule, loginOf, PEOPLE, type SignIn } from "./world.ts";

/** What a user is promised, watched while a world happens. */
export interface Promises {
  readonly onOkta: (notice: OktaNotice) => void;
  /** A task was put into the queue to grant. */
  readonly onTask: (body: string) => void;
  begin(company: Company): void;
  /** The state bucket is gone. @returns there is one again */
  bucketLost(): () => void;
  /** Somebody tried, and this is what Okta wrote of it. */
  signedIn(
    signIn: SignIn,
    events: readonly { readonly uuid: string; readonly actor: { readonly id: string } }[],
  ): void;
  /** @returns what was broken */
  check(): string[];
}

/** How long Cloud Tasks remembers a task's name at least (Cloud Tasks, CreateTask: task de-duplication). */
const NAME_REMEMBERED = 3600_000;

/** A run that began before the bucket was lost has ended after so long, in milliseconds. */
const LONGEST_RUN = 300_000;

/**
 * - Members are exactly those whom the rules name: nobody else, nobody missing.
 * - A delivery that was acknowledged is in the queue.
 * - An event makes one task for a group, however often it comes.
 * - Without a state bucket nothing is read of the System Log: it would be the same at every poll.
 * - Nothing failed in a way that nobody thought of.
 */
export function watchPromises(clock: SimulatedClock, rules: readonly KnownRule[]): Promises {
  const broken = new Set<string>();
  /** When a task was made, by event and group. */
  const tasks = new Map<string, number>();
  /** Groups that an event leads to, by its uuid. */
  const wanted = new Map<string, readonly string[]>();
  /** Keys `login group`. */
  const shallBe = new Set<string>();
  const people = new Map<string, string>();
  let company: Company | undefined;
  /** Since when there has been no bucket, for each trouble that took it. */
  const bucketless = new Set<{ readonly since: number }>();

  const groupsOf = ({ kind, eventType }: SignIn, person: number): readonly string[] =>
    kind === "success"
      ? rules.filter((rule) => rule.on.includes(eventType) && rule.names(person)).map(({ group }) => group)
      : [];

  return {
    begin(made) {
      company = made;
    },
    bucketLost() {
      const loss = { since: clock.now() };
      bucketless.add(loss);
      return () => void bucketless.delete(loss);
    },
    signedIn(signIn, events) {
      for (const [index, event] of events.entries()) {
        const person = (signIn.person + index) % PEOPLE;
        const groups = groupsOf(signIn, person);
        wanted.set(
          event.uuid,
          groups.map((group) => company?.groupIds.get(group) ?? ""),
        );
        if (signIn.kind === "success" || signIn.kind === "wrong-password")
          people.set(loginOf(person), event.actor.id);
        for (const group of groups) shallBe.add(`${loginOf(person)} ${group}`);
      }
    },
    onTask(body) {
      const { eventUuid, groupId }: { eventUuid: string; groupId: string } = JSON.parse(body);
      const key = `${eventUuid} ${groupId}`;
      const before = tasks.get(key);
      if (before !== undefined && clock.now() - before < NAME_REMEMBERED) {
        broken.add("An event made two tasks for one group.");
      }
      tasks.set(key, clock.now());
      if (!wanted.get(eventUuid)?.includes(groupId)) broken.add("A task was made that no rule names.");
    },
    onOkta(notice) {
      const isRead = notice.kind === "request" && notice.path === "/api/v1/logs" && notice.status === 200;
      if (isRead && [...bucketless].some(({ since }) => clock.now() - since > LONGEST_RUN)) {
        broken.add("The System Log was read without a state bucket.");
      }
      if (notice.kind !== "delivery" || !notice.ok) return;
      for (const uuid of notice.eventUuids) {
        for (const groupId of wanted.get(uuid) ?? []) {
          if (!tasks.has(`${uuid} ${groupId}`))
            broken.add("A delivery was acknowledged that is not in the queue.");
        }
      }
    },
    check() {
      for (const [login, id] of people) {
        for (const [group, groupId] of company?.groupIds ?? []) {
          const shall = shallBe.has(`${login} ${group}`);
          const is = company?.okta.isMember(groupId, id) === true;
          if (shall && !is) broken.add(`${login} is missing from ${group}.`);
          if (is && !shall) broken.add(`${login} is in ${group}, and no rule says so.`);
        }
      }
      for (const { severity, reason } of company?.entries ?? []) {
        if (severity === "CRITICAL") broken.add(`A function failed unexpectedly: ${String(reason)}`);
      }
      return [...broken];
    },
  };
}

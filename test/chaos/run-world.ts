import { defaultSettings, runSeconds, taskSeconds } from "../../infra/settings.ts";
import type { CallTrouble, DeliveryTrouble } from "../../sandbox/okta/model/faults.ts";
import { createSimulatedClock, type SimulatedClock } from "../../sandbox/simulation/clock.ts";
import { type Company, createCompany } from "../../sandbox/simulation/company.ts";
import { queueSettings } from "../../sandbox/simulation/google.ts";
import { type Promises, watchPromises } from "./promises.ts";
import { type KnownRule, loginOf, PEOPLE, ruleSets, type SignIn, type Trouble, type World } from "./world.ts";

const MINUTE = 60_000;

/** Room for a page of the lists that a company of this size has, but for two events only of those that are huge. */
const MAXIMUM_ANSWER = 64_000;
const HUGE = 25_000;

/** In milliseconds, as all times. */
const POLL_INTERVAL = 10 * MINUTE;

/** In one world of so many, the polls after all troubles are looked at, too: that takes as long as the rest of a world. */
const READ_ONCE_EVERY = 10;

/** After the last trouble: a poll, and the longest pause between two attempts of a task, twice over. */
const RECOVERY = 40 * MINUTE;

/**
 * Lets a world happen to the real functions.
 *
 * @returns what should not have happened; nothing when every promise was kept
 */
export async function runWorld(world: World): Promise<string[]> {
  const clock = createSimulatedClock();
  const rules: readonly KnownRule[] = ruleSets[world.rules];
  const promises = watchPromises(clock, rules);
  const company = await createCompany({
    clock,
    seed: world.seed,
    rules: rules.map(({ names: _, ...rule }) => rule),
    queue: queueSettings(defaultSettings),
    settings: {
      taskSeconds: taskSeconds(defaultSettings),
      memberSnapshotSeconds: 600,
      rateLimitReservePercent: defaultSettings.rateLimitReservePercent,
      runSeconds: runSeconds(defaultSettings),
    },
    pollInterval: POLL_INTERVAL,
    maximumAnswerBytes: MAXIMUM_ANSWER,
    limits: { hookEventsPerDay: world.dailyCap, ...(world.crowd > 0 ? { memberPage: 2 } : {}) },
    latency: [10, 400],
    skew: world.skew * 1000,
    observe: promises.onOkta,
    observeTasks: promises.onTask,
  });
  promises.begin(company);
  for (let person = 0; person < PEOPLE; person += 1) {
    company.okta.createPerson({ login: loginOf(person), displayName: `Person ${person}` });
  }
  /** When a person signed in for the first time, by id. */
  const appeared = new Map<string, number>();
  company.okta.faults.calls.push({
    trouble: { kind: "unknown-user" },
    method: "PUT",
    when({ path }) {
      const at = appeared.get(path.slice(path.lastIndexOf("/") + 1));
      return at !== undefined && clock.now() < at + world.unknownFor * MINUTE;
    },
  });
  if (world.crowd > 0) fillGroups(company, world.crowd);
  let end = 0;
  const at = (minutes: number, happen: () => void) => {
    end = Math.max(end, minutes * MINUTE);
    clock.setTimer(happen, minutes * MINUTE);
  };
  for (const signIn of world.signIns) {
    at(signIn.at, () => {
      const events = happen(company, signIn);
      promises.signedIn(signIn, events);
      for (const { actor } of events) if (!appeared.has(actor.id)) appeared.set(actor.id, clock.now());
    });
  }
  for (const trouble of world.troubles) {
    at(trouble.at, () => {
      const over = strike(company, trouble, promises);
      clock.setTimer(over, trouble.lasts * MINUTE);
    });
    end = Math.max(end, (trouble.at + trouble.lasts) * MINUTE);
  }
  const lateness = Math.max(0, ...world.signIns.map(({ at: begins, late }) => (begins + late) * MINUTE));
  await clock.advance(Math.max(end, lateness) + RECOVERY);
  const broken = [...promises.check()];
  if (world.seed % READ_ONCE_EVERY === 0) broken.push(...(await readOnce(company, clock, rules)));
  await company.close();
  return broken;
}

/**
 * Once all is well again, polls read what is in the log, of several pages, and none reads what one before it has read.
 *
 * @returns what should not have happened
 */
async function readOnce(
  { okta, entries }: Company,
  clock: SimulatedClock,
  rules: readonly KnownRule[],
): Promise<string[]> {
  const before = entries.length;
  okta.faults.log.lateness = undefined;
  okta.faults.log.padding = () => HUGE;
  const eventType = rules[0]?.on[0] ?? "user.session.start";
  // They are in the log, and nobody becomes a member.
  const attempt = { kind: "system-principal", login: loginOf(0), eventType } as const;
  okta.signIn(Array.from({ length: PEOPLE }, () => attempt));
  okta.faults.log.padding = undefined;
  await clock.advance(2 * POLL_INTERVAL + MINUTE);
  const read = entries
    .slice(before)
    .filter(({ event }) => event === "polled")
    .reduce((sum, { events }) => sum + Number(events), 0);
  if (read === PEOPLE) return [];
  return [
    read < PEOPLE ? "No poll read what was in the log." : "A poll read again what one before it had read.",
  ];
}

/** Makes the groups large, and their lists slow. */
function fillGroups({ okta, groupIds }: Company, crowd: number): void {
  for (let index = 0; index < crowd; index += 1) {
    const { id } = okta.createPerson({ login: `crowd-${index}@acme.example`, displayName: "Somebody" });
    for (const groupId of groupIds.values()) okta.addMember(groupId, id);
  }
  okta.faults.calls.push({
    trouble: { kind: "slow", milliseconds: 2_000 },
    method: "GET",
    when: ({ path }) => /^\/api\/v1\/groups\/[^/]+\/users$/.test(path),
  });
}

function happen({ okta }: Company, { person, kind, eventType, platform, batch, late }: SignIn) {
  okta.faults.log.lateness = () => late * MINUTE;
  return okta.signIn(
    Array.from({ length: batch }, (_, index) => ({
      kind,
      login: loginOf((person + index) % PEOPLE),
      eventType,
      platform,
    })),
  );
}

/** Begins a trouble. @returns ends it */
function strike({ okta, google, functions }: Company, { what }: Trouble, promises: Promises): () => void {
  const nothing = () => undefined;
  if ("okta" in what) {
    const trouble: CallTrouble =
      what.okta === "slow"
        ? { kind: "slow", milliseconds: 8_000 }
        : what.okta === "reset-done"
          ? { kind: "reset", done: true }
          : what.okta === "foreign"
            ? { kind: "foreign", status: what.status }
            : { kind: what.okta };
    const fault = { trouble, path: what.path };
    okta.faults.calls.push(fault);
    return () => void okta.faults.calls.splice(okta.faults.calls.indexOf(fault), 1);
  }
  if ("delivery" in what) {
    const trouble: DeliveryTrouble =
      what.delivery === "delayed" || what.delivery === "duplicated"
        ? { kind: what.delivery, milliseconds: 90_000 }
        : { kind: what.delivery };
    const fault = { trouble };
    okta.faults.deliveries.push(fault);
    return () => void okta.faults.deliveries.splice(okta.faults.deliveries.indexOf(fault), 1);
  }
  if ("cursors" in what) {
    const cursor = google.objects.get("cursor.json");
    if (what.cursors === "lost") google.objects.delete("cursor.json");
    if (what.cursors === "corrupt" && cursor !== undefined) {
      google.objects.set("cursor.json", { ...cursor, content: cursor.content.slice(0, 20) });
    }
    if (what.cursors !== "refused") return nothing;
    okta.faults.log.refuseCursors = Number.POSITIVE_INFINITY;
    return () => {
      okta.faults.log.refuseCursors = 0;
    };
  }
  if ("bucket" in what) {
    const remake = google.loseBucket();
    const found = promises.bucketLost();
    return () => {
      remake();
      found();
      functions.reconcile.deploy();
    };
  }
  if ("log" in what) {
    okta.faults.log.padding = () => HUGE;
    return () => {
      okta.faults.log.padding = undefined;
    };
  }
  if ("google" in what) {
    const { answer, takesEffect, times } = what;
    const foreign = what.foreign || answer === 200 || answer === 404 || answer === 409;
    google.faults[what.google] = { answer, foreign, takesEffect, ...(times === "all" ? {} : { times }) };
    return () => {
      google.faults[what.google] = undefined;
    };
  }
  if (what.instance === "killed") functions[what.of].kill();
  else functions[what.of].deploy();
  return nothing;
}

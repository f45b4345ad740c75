import { expect, it } from "vitest";
import { deployEmbedded } from "../../sandbox/deploy/embedded.ts";
import { type Clouds, programFor, startClouds } from "../../sandbox/environment.ts";
import type { Fault, FaultyCall } from "../../sandbox/google/faults.ts";
import type { CallTrouble, DeliveryTrouble } from "../../sandbox/okta/model/faults.ts";
import { hostings } from "../support/hostings.ts";
import { isLong } from "../support/long.ts";
import { runInSharedProcess } from "../support/programs.ts";

/** In a short run, the functions are killed, and nothing else happens; what hosts them is tried in the long one. */
const PEOPLE = isLong ? 2000 : 200;
const BATCH = 40;

/** A trouble: begins, with sign-ins under way, and is ended by what it gives back. */
type Turn = readonly [name: string, begin: (clouds: Clouds) => () => void];

const kill =
  (name: string, signal: "SIGKILL" | "SIGTERM") =>
  ({ google }: Clouds) => {
    void google.kill(name, signal);
    return () => undefined;
  };

const calls =
  (trouble: CallTrouble, path: string) =>
  ({ okta }: Clouds) => {
    const fault = { trouble, path };
    okta.faults.calls.push(fault);
    return () => void okta.faults.calls.splice(okta.faults.calls.indexOf(fault), 1);
  };

const deliveries =
  (trouble: DeliveryTrouble) =>
  ({ okta }: Clouds) => {
    const fault = { trouble };
    okta.faults.deliveries.push(fault);
    return () => void okta.faults.deliveries.splice(okta.faults.deliveries.indexOf(fault), 1);
  };

const google =
  (call: FaultyCall, fault: Fault) =>
  ({ google: cloud }: Clouds) => {
    // Its own, since it counts down.
    cloud.faults[call] = { ...fault };
    return () => {
      cloud.faults[call] = undefined;
    };
  };

/** Several at once, or one with the sign-ins after it. */
const together =
  (...begins: Turn[1][]) =>
  (clouds: Clouds) => {
    const ends = begins.map((begin) => begin(clouds));
    return () => {
      for (const end of ends) end();
    };
  };

const groups = "/api/v1/groups";
const token = "/oauth2/v1/token";

const turns: readonly Turn[] = [
  ["nothing", () => () => undefined],
  ["receive killed", kill("receive", "SIGKILL")],
  ["grant killed", kill("grant", "SIGKILL")],
  ["receive ended", kill("receive", "SIGTERM")],
  ["grant ended", kill("grant", "SIGTERM")],
  ["Okta fails", calls({ kind: "server-error" }, groups)],
  ["Okta is read-only", calls({ kind: "read-only" }, groups)],
  ["a proxy answers in Okta's place", calls({ kind: "foreign", status: 404 }, groups)],
  ["a proxy answers that all is well", calls({ kind: "foreign", status: 200 }, groups)],
  ["a proxy answers in Google's place", google("createTask", { answer: 200, foreign: true })],
  [
    "the metadata server leaves requests without an answer",
    together(
      kill("receive", "SIGKILL"),
      kill("grant", "SIGKILL"),
      google("issueToken", { answer: "nothing", times: 2 }),
    ),
  ],
  ["Okta resets", calls({ kind: "reset" }, groups)],
  ["Okta resets when it is done", calls({ kind: "reset", done: true }, groups)],
  ["Okta takes no more calls at once", calls({ kind: "concurrency" }, groups)],
  ["Okta gives no token", together(kill("grant", "SIGKILL"), calls({ kind: "server-error" }, token))],
  ["deliveries are lost", deliveries({ kind: "lost" })],
  ["deliveries fail", deliveries({ kind: "failed" })],
  ["deliveries come twice", deliveries({ kind: "duplicated", milliseconds: 50 })],
  ["deliveries come out of order", deliveries({ kind: "out-of-order" })],
  ["Cloud Tasks refuses", google("createTask", { answer: 503 })],
  ["Cloud Tasks does it and says that it failed", google("createTask", { answer: 503, takesEffect: true })],
  ["Cloud KMS refuses", together(kill("grant", "SIGKILL"), google("sign", { answer: 503 }))],
  [
    "the poll is killed",
    together(deliveries({ kind: "lost" }), (clouds) => {
      void clouds.runJobs();
      void clouds.google.kill("reconcile", "SIGKILL");
      return () => undefined;
    }),
  ],
  [
    "the cursor can't be written",
    together(deliveries({ kind: "lost" }), google("writeObject", { answer: 503 })),
  ],
];

it.each(hostings("functions"))(
  `${PEOPLE} sign-ins end as memberships while functions are killed${isLong ? " and Okta fails" : ""} in turns, with the hosting %s`,
  async (hosting) => {
    const clouds = await startClouds({ onOkta: () => undefined, onGoogle: () => undefined });
    try {
      const { okta } = clouds;
      // The limits are tried in simulated time: here they would take half an hour.
      okta.limits.rates.groups = 1_000_000;
      okta.limits.rates.logs = 1_000_000;
      const program = programFor(clouds, { hosting });
      const deployment = await deployEmbedded({
        ...program,
        start: runInSharedProcess,
        configuration: {
          ...program.configuration,
          // What fails is tried again after moments, not minutes.
          "signin-groups:queueMinBackoff": "0.1s",
          "signin-groups:queueMaxBackoff": "1s",
        },
        onProgress: () => undefined,
        signal: new AbortController().signal,
      });
      const groupId = String(Reflect.get(Object(deployment.outputs["groupIds"]), "App Users"));

      const people = (name: string, count: number) =>
        Array.from({ length: count }, (_, index) => {
          const login = `${name}-${index}@acme.example`;
          return { login, id: okta.createPerson({ login, displayName: login }).id };
        });
      const welcome = people("welcome", PEOPLE);
      const refused = people("refused", PEOPLE / BATCH);

      for (let batch = 0; batch < PEOPLE / BATCH; batch += 1) {
        const [, begin] = turns[batch % turns.length] ?? turns[0] ?? [];
        const signIns = welcome.slice(batch * BATCH, (batch + 1) * BATCH);
        const wrong = refused[batch];
        // Troubles of connections begin before, so that they meet the first delivery; what is killed is in the middle of it.
        const end = begin?.(clouds);
        okta.signIn([
          ...signIns.map(({ login }) => ({ kind: "success", login }) as const),
          { kind: "wrong-password", login: wrong?.login ?? "" },
        ]);
        await okta.idle();
        end?.();
      }

      // A poll whose tasks could not be queued leaves the rest to the next one, as the schedule's are.
      const missing = () => welcome.filter(({ id }) => !okta.isMember(groupId, id));
      for (let poll = 0; poll < 10 && missing().length > 0; poll += 1) await clouds.runJobs();

      expect(missing().map(({ login }) => login)).toEqual([]);
      for (const { id } of welcome) expect(okta.isMember(groupId, id)).toBe(true);
      for (const { id } of refused) expect(okta.isMember(groupId, id)).toBe(false);
      await deployment.destroy();
      expect(clouds.leftovers()).toEqual([]);
    } finally {
      await clouds.close();
    }
  },
  600_000,
);

import { type Decision, defineLook, type Look } from "../look.ts";

/** A decision that a step shows by how it ends: the name of what the step saw, and what it is expected to be. */
type Fact = readonly [decision: Decision, name: string, expected: string];

function defineFacts(look: Pick<Look, "id" | "after">, facts: readonly Fact[]): Look {
  return defineLook(
    look,
    async (probe) => probe.facts,
    ({ shows }) =>
      facts.map(([decision, name, expected]) =>
        shows(decision, expected, (seen) => {
          const value = seen[name];
          return [
            value === undefined ? undefined : value === expected,
            value ?? "the step did not come so far",
          ];
        }),
      ),
  );
}

/** What the first sign-in shows. */
export const signedIn = defineFacts({ id: "signed-in", after: "sign-in" }, [
  [["google/iam/act-as.ts", "A caller who makes a task without oidcToken"], "sign-in", "a member"],
  [["okta/routes/authn.ts", "A user who gives the right password"], "authentication", "SUCCESS"],
  [["google/tasks/api.ts", "A task is made by cloudtasks.tasks.create"], "sign-in", "a member"],
]);

/** What a refresh without a change shows of the plugins. */
export const refreshed = defineFacts({ id: "refreshed", after: "refresh" }, [
  [["deploy/okta/provider.ts", "The plugin of @pulumi/okta 7.0.0"], "refresh", "nothing changed"],
]);

/** What an event hook that is deactivated for a while shows. */
export const lostAndFound = defineFacts({ id: "lost-and-found", after: "lost" }, [
  [["okta/hooks/deliveries.ts", "Only a hook that is ACTIVE and VERIFIED"], "delivery", "none"],
  [["okta/routes/event-hooks.ts", "A hook is activated with 200"], "activation", "200, VERIFIED"],
  [["okta/log/pages.ts", "Polling brings every event once"], "lost sign-in", "found"],
  [["google/scheduler/api.ts", "A job is paused, resumed and run by methods"], "run of the job", "200"],
]);

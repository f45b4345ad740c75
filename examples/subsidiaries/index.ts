import { SignInEventType, SignInGroups } from "signin-groups";

/** An integration of one subsidiary, by the domain of its people's logins. */
function integrate(subsidiary: string, group: string): SignInGroups {
  return new SignInGroups(subsidiary, {
    rules: [
      {
        group,
        on: [SignInEventType.SessionStart],
        when: `event.actor.alternateId.endsWith("@${subsidiary}.example")`,
      },
    ],
    labels: { subsidiary },
  });
}

const north = integrate("north", "North: App Users");
const south = integrate("south", "South: App Users");

/** Ids of the groups, by the name of the subsidiary. */
export const groupIds = { north: north.groupIds, south: south.groupIds };

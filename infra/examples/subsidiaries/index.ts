/** The component in a program of one's own: two integrations in one org and one project, named apart. */
import * as pulumi from "@pulumi/pulumi";
import { configuredOrgUrl } from "../../okta/provider-settings.ts";
import { SignInGroups } from "../../sign-in-groups.ts";

const google = new pulumi.Config("gcp");
const rightsWaitSeconds = new pulumi.Config("signin-groups").getNumber("rightsWaitSeconds");
const place = {
  project: google.require("project"),
  region: google.require("region"),
  orgUrl: configuredOrgUrl(),
  ...(rightsWaitSeconds === undefined ? {} : { rightsWaitSeconds }),
  // An example goes as it came; leave this out where memberships matter.
  protectGroups: false,
};

const north = new SignInGroups("north", {
  ...place,
  rules: [
    {
      group: "North: App Users",
      on: ["user.session.start"],
      when: 'event.actor.alternateId.endsWith("@north.example")',
    },
  ],
  labels: { subsidiary: "north" },
});

const south = new SignInGroups("south", {
  ...place,
  rules: [
    {
      group: "South: App Users",
      on: ["user.session.start"],
      when: 'event.actor.alternateId.endsWith("@south.example")',
    },
  ],
  labels: { subsidiary: "south" },
});

/** Ids of the groups, by the name of the subsidiary. */
export const groupIds = { north: north.groupIds, south: south.groupIds };

import { SignInEventType, SignInGroups } from "signin-groups";

const groups = new SignInGroups("signin-groups", {
  rules: [
    {
      group: "Contractors",
      on: [SignInEventType.SessionStart],
      when: 'event.actor.alternateId.endsWith("@contractors.example.com")',
    },
    {
      group: "App Users",
      on: [SignInEventType.SessionStart],
      when: '!event.actor.alternateId.endsWith("@contractors.example.com")',
    },
  ],
});

export const groupIds = groups.groupIds;

import { randomBytes } from "node:crypto";
import type { Answer, Probe } from "../probe.ts";

/** Ids in the form of Okta's that nothing has. */
export const ABSENT_USER = "00u00000000000000000";
export const ABSENT_GROUP = "00g00000000000000000";

/** A name for what exists for one look only. */
export function randomName(): string {
  return `signin-groups-acceptance-${randomBytes(4).toString("hex")}`;
}

/** Makes a group in the org. */
export function createGroup({ okta }: Pick<Probe, "okta">, name: string): Promise<Answer> {
  return okta("POST", "/api/v1/groups", {
    body: { profile: { name, description: "Made by npm run acceptance; can be deleted." } },
  });
}

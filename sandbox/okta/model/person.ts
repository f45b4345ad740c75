import { newId } from "./ids.ts";

/** A user of the org. */
export interface Person {
  readonly id: string;
  readonly login: string;
  readonly displayName: string;
  readonly status: "ACTIVE" | "DEPROVISIONED";
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly lastUpdated: number;
}

/** The user that owns the API token. */
export function createAdministrator(now: number): Person {
  return newPerson({ login: "administrator@example.com", displayName: "Ada Administrator" }, now);
}

export function newPerson(profile: { login: string; displayName: string }, now: number): Person {
  return {
    id: newId("00u"),
    login: profile.login,
    displayName: profile.displayName,
    status: "ACTIVE",
    created: now,
    lastUpdated: now,
  };
}

import type { Faults } from "./faults.ts";
import type { Access } from "./iam/access.ts";
import type { Policies } from "./iam/policies.ts";
import type { Tokens } from "./iam/tokens.ts";
import type { LocationPolicy } from "./locations.ts";
import type { Notify } from "./notices.ts";
import type { Operations } from "./operations.ts";
import type { Organization } from "./organization.ts";
import type { Route } from "./routes.ts";
import type { Timers } from "./timers.ts";

/** What every API of a project stands on. */
export interface Cloud {
  readonly project: string;
  readonly projectNumber: string;
  readonly region: string;
  readonly locations: LocationPolicy;
  readonly organization: Organization;
  readonly notify: Notify;
  /** By which tasks and schedules go. */
  readonly clock: Timers;
  readonly policies: Policies;
  readonly access: Access;
  readonly tokens: Tokens;
  readonly operations: Operations;
  readonly faults: Faults;
  /** @throws GoogleError 403 SERVICE_DISABLED when the API is not enabled */
  requireService(service: string): void;
  /** Whether a service account of this email exists. */
  accountExists(email: string): boolean;
}

/** One API: its methods, and what a deployment made there that is still there, worded for a person. */
export interface Api {
  readonly routes: readonly Route[];
  leftovers(): readonly string[];
}

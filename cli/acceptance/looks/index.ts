import type { Look } from "../look.ts";
import {
  googleBuilds,
  googleData,
  googleDestroyed,
  googleFailedBuild,
  googleFunctions,
  googleNames,
  googlePolicies,
  googleServices,
  googleTasks,
} from "./google.ts";
import { oktaApps } from "./okta-apps.ts";
import { oktaHooks } from "./okta-hooks.ts";
import { oktaFailedSignIn, oktaLog, oktaOrg } from "./okta-log.ts";
import { oktaMemberships } from "./okta-memberships.ts";
import { lostAndFound, refreshed, signedIn } from "./round.ts";

/** Every look, in the order in which they are made. */
export const looks: readonly Look[] = [
  signedIn,
  oktaOrg,
  oktaMemberships,
  oktaLog,
  oktaFailedSignIn,
  oktaApps,
  oktaHooks,
  googleTasks,
  googleNames,
  googlePolicies,
  googleData,
  googleFunctions,
  googleServices,
  refreshed,
  googleBuilds,
  lostAndFound,
  googleFailedBuild,
  googleDestroyed,
];

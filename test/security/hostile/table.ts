import type { Case } from "./case.ts";
import { bodies } from "./table/bodies.ts";
import { challenges } from "./table/challenges.ts";
import { events } from "./table/events.ts";
import { logPages } from "./table/log-pages.ts";
import { memberLists } from "./table/member-lists.ts";
import { membershipTasks } from "./table/membership-tasks.ts";
import { reconcileTasks } from "./table/reconcile-tasks.ts";
import { requests } from "./table/requests.ts";
import { secrets } from "./table/secrets.ts";

/** Those that the HTTP server has a part in: what is not HTTP, headers, methods, how a body comes and how large it is. */
export const casesOfServer: readonly Case[] = [...bodies, ...requests];

/** Every hostile request that this project has an answer to. */
export const table: readonly Case[] = [
  ...secrets,
  ...casesOfServer,
  ...challenges,
  ...events,
  ...membershipTasks,
  ...memberLists,
  ...reconcileTasks,
  ...logPages,
];

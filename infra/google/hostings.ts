import type { Hosting } from "../settings.ts";
import { cloudFunctions } from "./cloud-functions.ts";
import { cloudRun } from "./cloud-run.ts";
import type { HostingKind } from "./hosting.ts";

/** What each value of the setting `hosting` stands for. */
export const hostings: Readonly<Record<Hosting, HostingKind>> = {
  functions: cloudFunctions,
  service: cloudRun,
};

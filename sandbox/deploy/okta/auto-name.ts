import { randomBytes } from "node:crypto";

/** A name made from a resource's logical name, as the engine's bridge makes them: with seven random hex digits. */
export function autoName(logicalName: string): string {
  return `${logicalName}-${randomBytes(4).toString("hex").slice(0, 7)}`;
}

import type { Ablation } from "./ablate.ts";
import { describeGrant } from "./grants.ts";

/** The grants without which every way stayed open, described. */
export function spareAmong(ablations: readonly Ablation[]): string[] {
  return ablations.filter(({ closed }) => closed.length === 0).map(({ grant }) => describeGrant(grant));
}

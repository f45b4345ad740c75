import type { Goal, Scenario } from "../bench.ts";
import { conditions } from "./conditions.ts";
import { deliveries } from "./deliveries.ts";
import { grant } from "./grant.ts";
import { growths } from "./growth.ts";
import { hang } from "./hang.ts";
import { memory } from "./memory.ts";
import { start } from "./start.ts";

const bare = (atLeast: number): Goal => ({ against: "bare", atLeast });

/** All that is measured, in the order of the document. */
export const scenarios: readonly Scenario[] = [
  start,
  deliveries(1, false, { rate: bare(0.7) }),
  deliveries(1, true, { rate: bare(0.7), p99: { against: "bare", atMost: 1.5 } }),
  deliveries(10, false, { rate: bare(0.7) }),
  deliveries(10, true, { rate: bare(0.7) }),
  deliveries(100, false, { rate: bare(0.7) }),
  conditions,
  hang,
  memory,
  grant,
  ...growths,
];

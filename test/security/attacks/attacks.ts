import type { Attack } from "./attack.ts";
import { compressedBombs, halfClosed, largePosts, manyChallenges, manyHeaders, pipelines } from "./floods.ts";
import { idleConnections, slowAuthenticBodies, slowBodies, slowHeaders } from "./slow.ts";

/** All attacks by name, so that another thread gets only a name. */
export const attacks = {
  slowHeaders,
  slowBodies,
  slowAuthenticBodies,
  idleConnections,
  largePosts,
  compressedBombs,
  manyChallenges,
  manyHeaders,
  pipelines,
  halfClosed,
} as const satisfies Readonly<Record<string, Attack>>;

export type AttackName = keyof typeof attacks;

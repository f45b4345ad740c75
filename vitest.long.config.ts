import { defineConfig } from "vitest/config";
import { LONG_VARIABLE } from "./test/support/long.ts";
import { common } from "./vitest.config.ts";

/** Random tests with many cases, and what tries everything there is: `npm test` has a short run of each. */
export default defineConfig({
  test: {
    ...common,
    env: { [LONG_VARIABLE]: "1" },
    include: [
      "test/**/*.long.test.ts",
      "test/chaos/*.test.ts",
      "test/bench/contenders.test.ts",
      "test/cli/acceptance/looks.test.ts",
      "test/sandbox/fixtures.test.ts",
      "test/security/ablation/refusals.test.ts",
      "test/security/attacks/*.test.ts",
      "test/security/hostile/*-fuzz.test.ts",
      "test/security/secrets/{embedded,keys,refusals}.test.ts",
    ],
  },
});

import { defineConfig } from "vitest/config";
import { common } from "./vitest.config.ts";

/**
 * How much of the functions' code the tests reach that run it in their own process. The tests of whole processes run a bundle, and
 * count for nothing here.
 */
export default defineConfig({
  test: {
    ...common,
    isolate: false,
    include: [
      "test/function/**/*.test.ts",
      "test/security/configuration/conditions.test.ts",
      "test/security/hostile/*-fuzz.test.ts",
      "test/security/hostile/patterns.test.ts",
    ],
    exclude: [
      "test/function/receive/receive.test.ts",
      "test/function/reconcile/process.test.ts",
      "test/function/service.test.ts",
    ],
    coverage: {
      enabled: true,
      reportOnFailure: true,
      provider: "v8",
      include: ["function/**/*.ts"],
      reporter: [["text", { maxCols: 140 }]],
      thresholds: { branches: 95 },
    },
  },
});

import { defineConfig, mergeConfig } from "vitest/config";
import everything from "./vitest.config.ts";

/** The tests with the real Pulumi engine alone. */
export default mergeConfig(
  { ...everything, test: { ...everything.test, include: [] } },
  defineConfig({ test: { include: ["test/engine/**/*.test.ts"] } }),
);

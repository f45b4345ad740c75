import { defineConfig } from "vitest/config";

// Tests stay on this machine, where a proxy has no part.
delete process.env["NODE_USE_ENV_PROXY"];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/engine/global.ts", "test/security/global.ts"],
    pool: "forks",
    // Most tests wait for processes of their own, so two at once are no load for two cores.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

import { defineConfig, type TestUserConfig } from "vitest/config";
import { isLong } from "./test/support/long.ts";

// Tests stay on this machine, where a proxy has no part.
delete process.env["NODE_USE_ENV_PROXY"];

/** Files that replace modules, globals or the process's variables, or measure the heap: each has a process of its own. */
const isolated = [
  "test/infra/archive.test.ts",
  "test/infra/organization-policies.test.ts",
  "test/infra/outbound-fetch.test.ts",
  "test/sandbox/deploy/google/lifecycle.test.ts",
  "test/sandbox/deploy/program.test.ts",
  "test/sandbox/google/functions/packages.test.ts",
  "test/sandbox/google/run/metadata-server.test.ts",
  "test/sandbox/okta/okta-sdk.test.ts",
  "test/security/hostile/constant-time.test.ts",
  "test/security/hostile/*-fuzz.test.ts",
  "test/security/secrets/{embedded,engine,errors,refusals,replay}.test.ts",
  "test/security/supply-chain/build.test.ts",
];
const browser = "test/browser/**/*.test.ts";
const engine = "test/engine/**/*.test.ts";
const long = "test/**/*.long.test.ts";

/** What all configurations have. */
export const common: TestUserConfig = {
  globalSetup: [
    "test/support/global.ts",
    "test/engine/global.ts",
    "test/browser/global.ts",
    "test/security/global.ts",
  ],
  pool: "forks",
  // Most tests wait for processes of their own, so two at once are no load for two cores.
  maxWorkers: 2,
  // What a test throws away is collected more rarely: that is a twentieth of the time.
  execArgv: ["--max-semi-space-size=64"],
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    ...common,
    projects: [
      {
        extends: true,
        test: {
          name: "shared",
          include: ["test/**/*.test.ts"],
          exclude: [...isolated, engine, browser, long],
          isolate: false,
        },
      },
      { extends: true, test: { name: "isolated", include: isolated, exclude: [long] } },
      { extends: true, test: { name: "engine", include: [engine], isolate: false } },
      { extends: true, test: { name: "browser", include: [browser] } },
      ...(isLong ? [{ extends: true as const, test: { name: "long", include: [long] } }] : []),
    ],
  },
});

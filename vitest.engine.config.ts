import { defineConfig } from "vitest/config";
import { common } from "./vitest.config.ts";

/** Only the tests with Pulumi's real engine. */
export default defineConfig({ test: { ...common, include: ["test/engine/**/*.test.ts"], isolate: false } });

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readLockfile } from "../../../infra/supply-chain/lockfile.ts";
import { reviewSupplyChain } from "../../../infra/supply-chain/review.ts";
import { type Advisory, advisory, startRegistry } from "./registry.ts";

const root = join(import.meta.dirname, "../../..");

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
}

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "signin-groups-audit-"));
});
afterAll(() => rm(cache, { recursive: true, force: true }));

/** Runs the script as the workflow does, with npm itself, against a registry on this machine. */
async function audit(advisories: Readonly<Record<string, readonly Advisory[]>> | undefined) {
  const registry = await startRegistry([await readLockfile(root)], advisories);
  try {
    const env = {
      ...process.env,
      // As in a deployment, where npm leaves packages for development out by default.
      NODE_ENV: "production",
      npm_config_registry: registry.url,
      npm_config_cache: await mkdtemp(join(cache, "npm-")),
      npm_config_fetch_retries: "0",
    };
    return await new Promise<{
      code: unknown;
      output: string;
      errors: string;
      asked: readonly (readonly string[])[];
    }>((resolve) => {
      const command = [".github/scripts/audit.ts"];
      execFile(process.execPath, command, { cwd: root, env }, (error, output, errors) =>
        resolve({ code: error === null ? 0 : error.code, output, errors, asked: registry.asked }),
      );
    });
  } finally {
    await registry.stop();
  }
}

// Each mostly waits for npm.
describe.concurrent("the audit", () => {
  it("asks for what is deployed and for all that is installed, and passes when nothing is known", async () => {
    const { code, output, errors, asked } = await audit({});
    expect(errors).toBe("");
    expect(output).toBe("0 against the policy, 0 noted.\n");
    expect(code).toBe(0);
    const [deployed = [], all = []] = asked;
    const { billOfMaterials } = await reviewSupplyChain();
    const bill = JSON.parse(await readFile(billOfMaterials.path, "utf8"));
    expect(deployed).toEqual(
      bill.components
        .map((one: Component) => `${one.group ? `${one.group}/` : ""}${one.name}@${one.version}`)
        .sort(),
    );
    for (const name of ["undici", "express", "vitest"]) {
      expect(all.some((specifier) => specifier.startsWith(`${name}@`))).toBe(true);
    }
  });

  it("fails on what is deployed from moderate on, on what develops it from high on", async () => {
    const { code, output } = await audit({
      // Bundled.
      "@marcbachmann/cel-js": [
        advisory(1, "moderate", "*"),
        advisory(2, "low", "*"),
        advisory(3, "critical", "<1"),
      ],
      // Bundled in version 8; a tool brings version 6 or 7.
      undici: [advisory(4, "moderate", "<8")],
      // Bundled with functions-framework.
      express: [advisory(5, "moderate", "*")],
      vitest: [advisory(6, "moderate", "*")],
      typescript: [advisory(7, "high", "*")],
    });
    const line = (number: number) =>
      `Test advisory ${number} (GHSA-test-test-000${number}, https://github.com/advisories/GHSA-test-test-000${number})`;
    expect(output.split("\n").sort()).toEqual([
      "",
      "3 against the policy, 3 noted.",
      `FAILED: high, development: typescript *: ${line(7)}`,
      `FAILED: moderate, deployed: @marcbachmann/cel-js *: ${line(1)}`,
      `FAILED: moderate, deployed: express *: ${line(5)}`,
      `noted: low, deployed: @marcbachmann/cel-js *: ${line(2)}`,
      `noted: moderate, development: undici <8: ${line(4)}`,
      `noted: moderate, development: vitest *: ${line(6)}`,
    ]);
    expect(code).toBe(1);
  });

  it("ends otherwise when there was no audit", async () => {
    const { code, output, errors } = await audit(undefined);
    expect(errors).toMatch(/^npm made no audit: 405 /);
    expect(output).toBe("");
    expect(code).toBe(2);
  });
});

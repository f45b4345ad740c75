import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { isObject, parseJson } from "../../function/shared/json.ts";
import { outboundFetch } from "../../infra/outbound-fetch.ts";
import { type Finding, finding } from "../findings.ts";
import type { LookUps } from "../look-ups.ts";
import { NoPulumiError, runPulumi } from "../pulumi.ts";

const root = join(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);

/** The oldest Pulumi CLI that the program was run with. */
const LEAST_PULUMI = "3.259.0";

/** The providers, whose plugins have the versions of their packages. */
const PLUGINS = ["gcp", "okta", "random"] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** What this machine needs for an update. @param orgUrl whose clock the machine's is compared with */
export async function lookAtMachine(
  orgUrl: string | undefined,
  environment: Environment,
  lookUps: LookUps,
): Promise<readonly Finding[]> {
  const found = await Promise.all([
    lookUps.run("Node.js", (signal) => lookAtNode(environment, signal)),
    lookUps.run("npm", (signal) => lookAtNpm(environment, signal)),
    lookUps.run("the Pulumi CLI", lookAtPulumi),
    lookUps.run("Pulumi's plugins", (signal) => lookAtPlugins(environment, signal)),
    [lookAtProxies(environment)],
    orgUrl === undefined ? [] : lookUps.run("the clock", (signal) => lookAtClock(orgUrl, signal)),
  ]);
  return found.flat();
}

/** Pulumi runs the program with the first Node.js on the PATH, npm's scripts with that of the packages. */
async function lookAtNode(environment: Environment, signal: AbortSignal): Promise<readonly Finding[]> {
  const { ok, failure, unknown } = finding("node");
  const PATH = (environment["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !/[\\/]node_modules[\\/]\.bin$/.test(folder))
    .join(delimiter);
  const check = `const { nodeFault } = require(${JSON.stringify(join(root, "infra/node-version.cjs"))});
    console.log(JSON.stringify({ version: process.versions.node, fault: nodeFault() }))`;
  const printed = await run("node", ["-e", check], { ...environment, PATH }, signal);
  const install = { fix: "Install Node.js 24 (https://nodejs.org) and put it first on the PATH." };
  if (printed === undefined) {
    return [failure("There is no Node.js on the PATH: Pulumi runs the program with it.", install)];
  }
  const answer = parseJson(printed);
  if (!isObject(answer)) return [unknown("The Node.js on the PATH does not say its version.", install)];
  const version = String(answer["version"]);
  return typeof answer["fault"] === "string"
    ? [failure(`Pulumi would run the program with Node.js ${version}, which is too old.`, install)]
    : [ok(`Node.js ${version}.`)];
}

/** npm writes and reads this project's lockfile, whose form npm 7 introduced (npm, "package-lock.json": lockfileVersion). */
const LEAST_NPM = 7;

async function lookAtNpm(environment: Environment, signal: AbortSignal): Promise<readonly Finding[]> {
  const { ok, warning } = finding("npm");
  const [, running] = /^npm\/(\S+)/.exec(environment["npm_config_user_agent"] ?? "") ?? [];
  // On Windows npm is a script of the shell.
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const version = running ?? (await run(npm, ["--version"], environment, signal))?.trim();
  const install = { fix: "Install a newer npm.", command: "npm install --global npm" };
  if (!version) return [warning("There is no npm on the PATH. Another package manager does as well.", {})];
  return Number.parseInt(version, 10) < LEAST_NPM
    ? [
        warning(
          `npm ${version} does not read the lockfile: other versions than the tested ones are installed.`,
          install,
        ),
      ]
    : [ok(`npm ${version}.`)];
}

async function lookAtPulumi(signal: AbortSignal): Promise<readonly Finding[]> {
  const { ok, warning, failure, unknown } = finding("pulumi");
  const sdk = versionOf("@pulumi/pulumi");
  try {
    const version = (await runPulumi(["version"], signal)).trim().replace(/^v/, "");
    if (!isAtLeast(version, LEAST_PULUMI)) {
      return [
        warning(
          `Pulumi ${version} is older than ${LEAST_PULUMI}, the oldest that this program was run with.`,
          {
            fix: `Install ${sdk}, the version of its SDK: https://www.pulumi.com/docs/install/`,
          },
        ),
      ];
    }
    return [ok(`Pulumi ${version} (SDK ${sdk}).`)];
  } catch (error) {
    if (error instanceof NoPulumiError) {
      return [
        failure("There is no Pulumi CLI on the PATH.", {
          fix: "Install it: https://www.pulumi.com/docs/install/",
        }),
      ];
    }
    return [unknown(error instanceof Error ? error.message : String(error))];
  }
}

/** Without its plugins, the first preview downloads them. */
async function lookAtPlugins(environment: Environment, signal: AbortSignal): Promise<readonly Finding[]> {
  const { ok, warning, failure, unknown } = finding("plugins");
  const attached = (environment["PULUMI_DEBUG_PROVIDERS"] ?? "").split(",").map((one) => one.split(":")[0]);
  const needed = PLUGINS.filter((name) => !attached.includes(name));
  if (needed.length === 0) return [ok("PULUMI_DEBUG_PROVIDERS names servers for all providers.")];
  let listed: unknown;
  try {
    listed = parseJson(await runPulumi(["plugin", "ls", "--json"], signal));
  } catch (error) {
    return [unknown(error instanceof Error ? error.message : String(error), { optional: true })];
  }
  const installed = (Array.isArray(listed) ? listed : []).filter(isObject);
  const missing = needed.filter(
    (name) =>
      !installed.some((one) => one["name"] === name && one["version"] === versionOf(`@pulumi/${name}`)),
  );
  if (missing.length === 0) {
    return [ok(`The plugins are installed: ${needed.map(describePlugin).join(", ")}.`)];
  }
  const command = missing
    .map((name) => `pulumi plugin install resource ${name} ${versionOf(`@pulumi/${name}`)}`)
    .join(" && ");
  const names = missing.map(describePlugin).join(", ");
  return environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"]
    ? [failure(`Plugins are not installed, and Pulumi must not download them: ${names}.`, { command })]
    : [warning(`The first preview downloads plugins: ${names}.`, { command })];
}

function describePlugin(name: string): string {
  return `${name} ${versionOf(`@pulumi/${name}`)}`;
}

/** The Pulumi CLI, its providers and this program go through the proxies that these name. */
const PROXIES = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] as const;

function lookAtProxies(environment: Environment): Finding {
  const { ok, warning, failure } = finding("proxy");
  const set: string[] = [];
  for (const name of PROXIES) {
    const [upper, lower] = [environment[name], environment[name.toLowerCase()]];
    if (upper && lower && upper !== lower) {
      return warning(`${name} and ${name.toLowerCase()} differ. Programs choose differently between them.`, {
        fix: "Set both to the same value, or only one.",
      });
    }
    const value = upper || lower;
    if (!value) continue;
    if (name === "NO_PROXY") {
      set.push(`${name}=${value}`);
      continue;
    }
    const url = URL.parse(value.includes("://") ? value : `http://${value}`);
    if (url === null || url.hostname === "") {
      return failure(`${name} is not the address of a proxy.`, {
        fix: "Write it as http://proxy.acme.com:3128.",
      });
    }
    // Without the name and the password that may stand in it.
    set.push(`${name}=${url.protocol}//${url.host}`);
  }
  return set.length === 0
    ? ok("No proxy is set.")
    : ok(`Requests go through a proxy: ${set.join(", ")}. The deployed functions use none.`);
}

/** A clock that is further off than this, in seconds, makes certificates and tokens fail. */
const MOST_SECONDS = 300;
const MANY_SECONDS = 30;

async function lookAtClock(orgUrl: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const { ok, warning, failure, unknown } = finding("clock");
  const fix = "Let the machine set its clock from the network.";
  try {
    const begun = Date.now();
    const { headers } = await outboundFetch(`${orgUrl}/.well-known/okta-organization`, {
      redirect: "manual",
      signal,
    });
    const given = Date.parse(headers.get("date") ?? "");
    if (Number.isNaN(given)) return [unknown("The clock: Okta's answer has no date.", { optional: true })];
    // The header has whole seconds, of some moment while the request was under way.
    const between = (begun + Date.now()) / 2;
    const seconds = Math.round((between - given) / 1000);
    const distance = Math.abs(seconds);
    const meaning = `The machine's clock is ${distance} s ${seconds > 0 ? "ahead of" : "behind"} Okta's.`;
    if (distance > MOST_SECONDS) {
      return [failure(`${meaning} Okta and Google refuse tokens of another time.`, { fix })];
    }
    return [
      distance > MANY_SECONDS ? warning(meaning, { fix }) : ok("The machine's clock agrees with Okta's."),
    ];
  } catch {
    return [unknown("The clock: Okta was not reached.", { optional: true })];
  }
}

function versionOf(name: string): string {
  const found: unknown = require(`${name}/package.json`);
  return isObject(found) ? String(found["version"]) : "unknown";
}

/** Compares two versions by their numbers; what follows these, as in 3.270.0-alpha, does not count. */
function isAtLeast(version: string, least: string): boolean {
  const [given, wanted] = [version, least].map((text) => text.split(/[.+-]/, 3).map(Number));
  for (const [index, part] of (wanted ?? []).entries()) {
    const own = given?.[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

/** What a program prints; undefined when there is none, or it fails. */
function run(
  program: string,
  words: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      words,
      { env, signal, shell: program.endsWith(".cmd") },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    );
    child.stdin?.end();
  });
}

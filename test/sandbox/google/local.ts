import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { strToU8, zipSync } from "fflate";
import { onTestFinished } from "vitest";
import type { GoogleNotice } from "../../../sandbox/google/notices.ts";
import { type LocalGoogle, type LocalGoogleOptions, startGoogle } from "../../../sandbox/google/server.ts";
import { machineTimers, type Timers } from "../../../sandbox/google/timers.ts";

export const PROJECT = "signin-test";
export const REGION = "europe-west1";
export const PARENT = `projects/${PROJECT}/locations/${REGION}`;

const packagesFolder = fileURLToPath(new URL("../../..", import.meta.url));

export const ALL_SERVICES = [
  "cloudresourcemanager",
  "iam",
  "storage",
  "artifactregistry",
  "cloudbuild",
  "cloudkms",
  "secretmanager",
  "cloudtasks",
  "cloudscheduler",
  "cloudfunctions",
  "run",
  "logging",
  "bigquery",
  "pubsub",
].map((name) => `${name}.googleapis.com`);

export interface Answer {
  readonly status: number;
  // Answers of many APIs are read here, each test knows the shape of its own.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
}

/** A local Google Cloud for one test file, with what it reported and a caller of its APIs. */
export interface Local {
  readonly google: LocalGoogle;
  readonly notices: GoogleNotice[];
  call(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
  /** Waits for the end of an operation that a call answered. */
  finish(version: string, operation: Answer): Promise<Answer>;
  /** Makes a service account that holds these roles on the project. */
  account(id: string, ...roles: string[]): Promise<string>;
  grant(path: string, role: string, member: string): Promise<Answer>;
  /** Resolves with the first notice, past or to come, for which the test holds. */
  noticed(test: (notice: GoogleNotice) => boolean): Promise<GoogleNotice>;
}

export async function startLocal(
  services: readonly string[] = ALL_SERVICES,
  clock: Timers = machineTimers,
  settings: Pick<LocalGoogleOptions, "allowedLocations" | "followsSchedules"> = {},
): Promise<Local> {
  const notices: GoogleNotice[] = [];
  const listeners = new Set<(notice: GoogleNotice) => void>();
  const google = await startGoogle({
    project: PROJECT,
    region: REGION,
    packagesFolder,
    clock,
    ...settings,
    observe(notice) {
      notices.push(notice);
      for (const listener of listeners) listener(notice);
    },
  });

  async function call(
    method: string,
    path: string,
    body?: unknown,
    token = google.deployerToken,
  ): Promise<Answer> {
    const response = await fetch(google.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
  }

  async function finish(version: string, operation: Answer): Promise<Answer> {
    if (operation.status !== 200 || operation.body.done) return operation;
    await google.ended(operation.body.name);
    return call("GET", `/${version}/${operation.body.name}`);
  }

  async function grant(path: string, role: string, member: string): Promise<Answer> {
    const read = await call(
      path.includes("/v2/") && path.includes("/queues/") ? "POST" : "GET",
      `${path}:getIamPolicy`,
    );
    const policy = read.status === 200 ? read : await call("POST", `${path}:getIamPolicy`);
    const bindings = [...policy.body.bindings, { role, members: [member] }];
    return call("POST", `${path}:setIamPolicy`, { policy: { ...policy.body, bindings } });
  }

  const local: Local = {
    google,
    notices,
    call,
    finish,
    grant,
    async account(id, ...roles) {
      const created = await call("POST", `/v1/projects/${PROJECT}/serviceAccounts`, { accountId: id });
      for (const role of roles)
        await grant(`/v1/projects/${PROJECT}`, role, `serviceAccount:${created.body.email}`);
      return created.body.email;
    },
    noticed(test) {
      const found = notices.find(test);
      if (found) return Promise.resolve(found);
      return new Promise((resolve) => {
        const listener = (notice: GoogleNotice) => {
          if (!test(notice)) return;
          listeners.delete(listener);
          resolve(notice);
        };
        listeners.add(listener);
      });
    },
  };
  if (services.length > 0) {
    const serviceIds = services;
    await finish("v1", await call("POST", `/v1/projects/${PROJECT}/services:batchEnable`, { serviceIds }));
  }
  return local;
}

/** Starts a cloud that ends with the test. */
export async function localForTest(...settings: Parameters<typeof startLocal>): Promise<Local> {
  const local = await startLocal(...settings);
  onTestFinished(() => local.google.close());
  return local;
}

const FRAMEWORK = "@google-cloud/functions-framework";
const frameworkVersion: string = JSON.parse(
  readFileSync(join(packagesFolder, "node_modules", FRAMEWORK, "package.json"), "utf8"),
).version;

/** The files of a function that a build accepts. */
export function functionFiles(source: string): Record<string, string> {
  const dependencies = { [FRAMEWORK]: frameworkVersion };
  return {
    "package.json": JSON.stringify({ name: "fixture", version: "1.0.0", main: "index.js", dependencies }),
    "package-lock.json": JSON.stringify({
      name: "fixture",
      version: "1.0.0",
      lockfileVersion: 3,
      packages: {
        "": { name: "fixture", version: "1.0.0", dependencies },
        [`node_modules/${FRAMEWORK}`]: { version: frameworkVersion },
      },
    }),
    "index.js": source,
  };
}

/** Zips files. */
export function zip(files: Readonly<Record<string, string>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));
}

/** The archive of a function whose source is given. */
export function archive(source: string): Uint8Array {
  return zip(functionFiles(source));
}

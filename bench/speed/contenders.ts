import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FunctionName } from "../../function/shared/contract.ts";
import { installContender, isOfServices, unpackArchive } from "./installed.ts";
import type { Server, Starter } from "./server.ts";
import {
  grantVariables,
  ownHookVariables,
  platformVariables,
  receiveVariables,
  reconcileVariables,
} from "./setting.ts";

/** What is measured next to ours, by its file in `contenders/`. */
export type ContenderName = "hello" | "bare" | "bare-fetch" | "express" | "framework-tasks" | "plain-hook";

const FRAMEWORK = "@google-cloud/functions-framework";

/** What each is, in the words of the tables, and the packages that it is installed with. */
export const CONTENDERS: Readonly<
  Record<ContenderName, { readonly title: string; readonly packages: readonly string[] }>
> = {
  hello: { title: "functions-framework, hello world", packages: [FRAMEWORK] },
  bare: { title: "node:http with undici", packages: ["undici"] },
  "bare-fetch": { title: "node:http with built-in fetch", packages: [] },
  express: { title: "Express with Okta's SDK", packages: ["express", "@okta/okta-sdk-nodejs"] },
  "framework-tasks": {
    title: "functions-framework with @google-cloud/tasks",
    packages: [FRAMEWORK, "@google-cloud/tasks"],
  },
  "plain-hook": { title: "plain hook, adds users itself", packages: [FRAMEWORK] },
};

/** How a server of a contender is started. */
export interface StartOptions {
  /** Sent as soon as somebody listens. */
  readonly request: Uint8Array;
  /** The status of the answer to it. */
  readonly expect: number;
  /** Of ours, in place of what the program sets. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
}

/** Something that can be measured. */
export interface Contender {
  readonly name: string;
  readonly title: string;
  /** Whether it is the functions of an archive: this one's or another's. */
  readonly isOurs: boolean;
  /** @param target `receive` by default; only ours has others */
  start(options: StartOptions, target?: FunctionName): Promise<Server>;
}

/** Contenders, installed. */
export interface Contenders extends AsyncDisposable {
  readonly all: readonly Contender[];
}

/**
 * Installs contenders.
 *
 * @param archives of ours, by name
 */
export async function installContenders(
  archives: Readonly<Record<string, string>>,
  others: readonly ContenderName[],
  starter: Starter,
  stubPort: number,
): Promise<Contenders> {
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-bench-"));
  const all: Contender[] = [];
  const place = (name: string) => mkdtemp(join(folder, `${name}-`));
  for (const [name, archive] of Object.entries(archives)) {
    const own = await place(name);
    await unpackArchive(archive, own);
    all.push({
      name,
      title: name === "ours" ? "signin-groups" : `signin-groups, ${name}`,
      isOurs: true,
      async start({ request, expect, environment = {}, nodeOptions = [] }, target = "receive") {
        const variables = {
          receive: () => receiveVariables(),
          grant: () => grantVariables(stubPort),
          reconcile: () => reconcileVariables(stubPort),
        }[target]();
        const options = {
          folder: own,
          ...(isOfServices(archive)
            ? { command: "index.js", words: [target] }
            : { command: "node_modules/.bin/functions-framework" }),
          environment: { ...variables, ...platformVariables(target, stubPort), ...environment },
          nodeOptions,
        };
        return starter.start(options, request, expect);
      },
    });
  }
  for (const name of others) {
    const { title, packages } = CONTENDERS[name];
    const own = await place(name);
    await installContender(name, packages, own);
    const usesFramework = packages.includes(FRAMEWORK);
    all.push({
      name,
      title,
      isOurs: false,
      async start({ request, expect, nodeOptions = [] }) {
        const environment = {
          ...ownHookVariables(stubPort),
          ...platformVariables("receive", stubPort),
        };
        const command = usesFramework ? "node_modules/.bin/functions-framework" : "index.js";
        return starter.start({ folder: own, command, environment, nodeOptions }, request, expect);
      },
    });
  }
  return { all, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isObject, parseJson } from "../../function/shared/json.ts";
import { defaultSettings, typeOf } from "../../infra/settings.ts";
import { runEngine, type Verb } from "../engine/run.ts";
import type { OwnWorkspace } from "../engine/workspace.ts";
import { maskText } from "./masking.ts";
import { RequestError } from "./request-error.ts";

/** The stack of the Pulumi CLI behind a sandbox. */
export interface ConsoleStack {
  /** The settings that a page can change, in the order of their names. */
  readonly settings: readonly string[];
  /**
   * Sets a value, if there is one, and previews what an update would do.
   *
   * @throws RequestError when there is no such setting, or a run is under way
   */
  preview(change: unknown): Promise<StackRun>;
  /** Updates the stack to its configuration. @throws RequestError when a run is under way */
  up(): Promise<StackRun>;
  /** Ends the watch of the state. */
  close(): void;
}

/** What a run of the CLI printed, and whether it succeeded. */
export interface StackRun {
  readonly isWell: boolean;
  readonly output: string;
}

/** How often the state is looked at, in milliseconds: the engine writes it after each resource. */
const LOOK_MS = 1000;

/**
 * @param onResources takes the resources of the state whenever it was written, also by another process
 * @param secrets values that are never shown
 */
export function createConsoleStack(
  workspace: OwnWorkspace,
  onResources: (resources: readonly unknown[]) => void,
  secrets: () => readonly string[],
): ConsoleStack {
  let isRunning = false;
  let seen = 0;
  const looking = setInterval(() => void look(), LOOK_MS);
  looking.unref();
  void look();

  async function look(): Promise<void> {
    const file = stateFile(workspace);
    const written = await stat(file).catch(() => undefined);
    if (written === undefined || written.mtimeMs === seen) return;
    seen = written.mtimeMs;
    const state = parseJson(await readFile(file, "utf8").catch(() => ""));
    const checkpoint = isObject(state) ? state["checkpoint"] : undefined;
    const latest = isObject(checkpoint) ? checkpoint["latest"] : undefined;
    const resources = isObject(latest) ? latest["resources"] : undefined;
    if (Array.isArray(resources)) onResources(resources);
  }

  async function run(verb: Verb, words: readonly string[]): Promise<StackRun> {
    if (isRunning) throw new RequestError("A preview or an update is under way: wait until it has ended.");
    isRunning = true;
    const lines: string[] = [];
    try {
      const { code } = await runEngine(workspace, verb, words, { onLine: (line) => lines.push(line) });
      return { isWell: code === 0, output: maskText(lines.join("\n"), secrets()) };
    } finally {
      isRunning = false;
      await look();
    }
  }

  return {
    settings: Object.keys(defaultSettings).sort(),
    async preview(change) {
      const { setting, value } = isObject(change) ? change : {};
      if (setting !== undefined && setting !== "") {
        if (typeof setting !== "string" || typeOf(setting) === undefined) {
          throw new RequestError("There is no such setting: docs/configuration.md lists them.");
        }
        if (typeof value !== "string")
          throw new RequestError("The value must be a text, as pulumi config set takes it.");
        // Without a value, the default counts again.
        await workspace.configure({ [`signin-groups:${setting}`]: value === "" ? undefined : value });
      }
      return run("preview", ["--diff"]);
    },
    up: () => run("up", []),
    close: () => clearInterval(looking),
  };
}

/** Where a backend in a folder keeps the state of a stack (Pulumi, pkg/backend/diy). */
function stateFile({ variables, stack }: Pick<OwnWorkspace, "variables" | "stack">): string {
  const folder = fileURLToPath(variables["PULUMI_BACKEND_URL"] ?? "");
  return join(folder, ".pulumi", "stacks", "signin-groups", `${stack}.json`);
}

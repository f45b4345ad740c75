import { cp, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { readOutputs } from "../../sandbox/engine/run.ts";
import type { OwnWorkspace } from "../../sandbox/engine/workspace.ts";
import type { Clouds } from "../../sandbox/environment.ts";
import { endSharedProcess } from "../support/programs.ts";

/** A stack and where it is deployed. */
interface Deployed {
  readonly workspace: OwnWorkspace;
  readonly clouds: Clouds;
}

/** An update that changed nothing, besides how many stayed the same. */
export const nothing = { create: [], update: [], replace: [], delete: [] };

/** Logical names within the component, in the order in which operations list them. */
export function names(...parts: readonly string[]): string[] {
  return parts.map((part) => `signin-groups-${part}`).sort();
}

/** The program, copied where a test may change it. */
export async function copyProgram(): Promise<string> {
  const root = join(import.meta.dirname, "../..");
  const copy = await mkdtemp(join(tmpdir(), "signin-groups-program-"));
  for (const part of ["Pulumi.yaml", "package.json", "package-lock.json", "infra", "function"]) {
    await cp(join(root, part), join(copy, part), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(copy, "node_modules"), "junction");
  return copy;
}

/** Replaces a text in a file; it must be there. */
export async function edit(file: string, before: string, after: string): Promise<void> {
  const text = await readFile(file, "utf8");
  expect(text).toContain(before);
  await writeFile(file, text.replace(before, after));
  endSharedProcess();
}

/** Calls Okta's management API as an administrator does by the console. */
export async function administer(
  { okta }: Clouds,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${okta.url}/api/v1${path}`, {
    method,
    headers: { authorization: `SSWS ${okta.apiToken}`, "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
  expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true);
  // Okta's answers are JSON objects, or nothing.
  return response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>);
}

/** Id of a group as the stack exports it. */
export async function groupIdOf(workspace: OwnWorkspace, group: string): Promise<string> {
  const { groupIds } = await readOutputs(workspace);
  return String(Reflect.get(Object(groupIds), group));
}

/** Whether somebody new gets into a group by signing in. */
export async function getsIn(
  { clouds, workspace }: Deployed,
  login: string,
  { group = "App Users", eventType = "user.session.start" } = {},
): Promise<boolean> {
  const person = clouds.okta.createPerson({ login, displayName: login });
  clouds.okta.signIn([{ kind: "success", login, eventType }]);
  await clouds.idle();
  return clouds.okta.isMember(await groupIdOf(workspace, group), person.id);
}

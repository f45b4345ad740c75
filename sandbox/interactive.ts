import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Screen } from "./screen.ts";

/** Says how to sign more people in, and takes logins that are typed, until the signal fires. */
export async function takeSignIns(oktaUrl: string, screen: Screen, stopped: AbortSignal): Promise<void> {
  const door = `${oktaUrl}/sandbox/sign-ins`;
  const typed = process.stdin.isTTY;
  if (typed)
    screen.line("  Type a login, such as somebody@example.com, and press Enter; or, from another terminal:");
  screen.line(`  curl ${door} -H 'content-type: application/json' -d '{"login":"somebody@example.com"}'`);
  screen.line("  Ctrl-C destroys everything and ends.\n");
  const lines = typed ? createInterface({ input: process.stdin }) : undefined;
  lines?.on("line", async (line) => {
    if (line.trim() === "") return;
    const response = await fetch(door, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ login: line.trim() }),
    });
    if (!response.ok) screen.bad(await response.text());
  });
  // Without a terminal nothing else need keep the process alive: the two clouds' servers do.
  if (!stopped.aborted) await once(stopped, "abort");
  lines?.close();
}

import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { progressOf, startDesk } from "../../cli/desk.ts";
import { giveProgress, storageError } from "../../cli/objects.ts";
import type { Ended } from "../../cli/run-here.ts";
import { googleError } from "../../support/google.ts";
import { inShort } from "./walk.ts";
import { startWatch } from "./watch.ts";

const window = ["--stack", "dev", "--since", "7d"];
const nowhere = "http://127.0.0.1:1";

it("the replay command gives its token only to Google, however it fails", async () => {
  await using desk = await startDesk();
  const watch = await startWatch();
  const token = `ya29.${randomBytes(30).toString("base64url")}`;
  watch.canaries.add("Google token of who deploys", token);
  let failed = 0;
  const credentials = { GOOGLE_OAUTH_ACCESS_TOKEN: token };
  const run = async (words: readonly string[], variables: Readonly<Record<string, string>> = {}) =>
    note(await desk.run(words, { ...credentials, ...variables }));
  const note = ({ code, stdout, stderr }: Ended) => {
    watch.note("replay", `${stdout}\n${stderr}`);
    if (code !== 0) failed += 1;
  };
  const bad: (readonly string[])[] = [
    [],
    ["--stack", "nobody", "--since", "7d"],
    ["--stack", "dev", "--since", "yesterday"],
    ["--outputs", "none.json", "--since", "7d"],
    ["--unknown"],
  ];
  for (const words of bad) await run(words);
  for (const [code, status] of [
    [400, "INVALID_ARGUMENT"],
    [401, "UNAUTHENTICATED"],
    [403, "PERMISSION_DENIED"],
    [404, "NOT_FOUND"],
  ] as const) {
    desk.google.behaviour = () => googleError(code, status);
    await run(window);
    if (code !== 403) continue;
    desk.objects.answer = () => storageError(code);
    await run(["--stack", "dev", "--watch", "0b0e7d4e-7c3b-4f43-9f0d-6a1c4a0f8e11"]);
  }
  // Its token is not the one that the fake queue takes.
  desk.google.behaviour = () => Response.json({});
  await run(window);
  await run(window, { CLOUD_STORAGE_ENDPOINT: nowhere });
  desk.objects.answer = () => giveProgress(progressOf({ state: "failed", fault: "Okta refused" }));
  const watching = ["--stack", "dev", "--watch", "0b0e7d4e-7c3b-4f43-9f0d-6a1c4a0f8e11"];
  // In a process of its own, whose variables and words are looked at.
  note(await desk.start(watching, credentials).end);
  const seen = await watch.end();
  expect(failed).toBe(bad.length + 4 + 1 + 3);
  expect(inShort(seen.findings)).toEqual([]);
  expect(seen.holders).toEqual([
    // The state it reads may lie in a bucket.
    "Pulumi CLI: GOOGLE_OAUTH_ACCESS_TOKEN holds the Google token of who deploys",
    "replay: GOOGLE_OAUTH_ACCESS_TOKEN holds the Google token of who deploys",
  ]);
}, 60_000);

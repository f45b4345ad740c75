import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { cast } from "../../sandbox/cast.ts";
import { signInCast } from "../../sandbox/demonstration.ts";
import type { GoogleNotice } from "../../sandbox/google/notices.ts";
import { followJourneys } from "../../sandbox/journeys.ts";
import type { OktaNotice } from "../../sandbox/okta/notices.ts";
import { createScreen } from "../../sandbox/screen.ts";
import { type Clouds, deploy, startClouds } from "../../sandbox/world.ts";

/** The hook's secret as Secret Manager holds it, found by the calls that made it. */
async function readHookSecret(
  { google }: Clouds,
  told: readonly (OktaNotice | GoogleNotice)[],
): Promise<string> {
  const paths = told.map((notice) => (notice.kind === "request" ? notice.path : ""));
  const [, secret] =
    paths.map((path) => /^(\/v1\/.*\/secrets\/[^/:]+)/.exec(path)).find((match) => match !== null) ?? [];
  const response = await fetch(`${google.url}${secret}/versions/1:access`, {
    headers: { authorization: `Bearer ${google.deployerToken}` },
  });
  // Secret Manager's answer (Google Cloud, "Secret Manager API": versions.access).
  const { payload } = (await response.json()) as { payload: { data: string } };
  return Buffer.from(payload.data, "base64").toString();
}

it("nothing that a whole run prints, logs, tells or exports holds a secret or what people typed", async () => {
  const stream = new PassThrough();
  const printed = text(stream);
  const screen = createScreen(stream, Date.now);
  const told: (OktaNotice | GoogleNotice)[] = [];
  const journeys = followJourneys(Date.now);
  const clouds = await startClouds({
    onOkta(notice) {
      told.push(notice);
      screen.onOkta(notice);
      journeys.onOkta(notice);
    },
    onGoogle(notice) {
      told.push(notice);
      screen.onGoogle(notice);
      journeys.onGoogle(notice);
    },
  });
  try {
    const { outputs, destroy } = await deploy(clouds, {
      onProgress: screen.onProgress,
      signal: new AbortController().signal,
    });
    const groupId: unknown = Reflect.get(Object(outputs["groupIds"]), "App Users");
    const results = await signInCast(cast, clouds, String(groupId), journeys, () => {});
    const hookSecret = await readHookSecret(clouds, told);
    await destroy();

    stream.end();
    const everything = [
      await printed,
      JSON.stringify(told),
      JSON.stringify(outputs),
      JSON.stringify(results),
    ].join("\n");
    expect(hookSecret).toMatch(/^\w{48}$/);
    expect(everything).toContain("Took a delivery.");
    expect(everything).toContain("The user is a member.");
    const { apiToken } = clouds.okta;
    for (const value of [hookSecret, apiToken, clouds.google.deployerToken])
      expect(everything).not.toContain(value);
    // Tokens and assertions, whoever made them.
    expect(everything).not.toMatch(/Bearer |SSWS |eyJ[\w-]{10}|PRIVATE KEY/);
    for (const { login } of cast.flat().map(({ attempt }) => attempt))
      expect(everything).not.toContain(login);
  } finally {
    await clouds.close();
  }
});

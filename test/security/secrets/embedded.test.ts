import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { deploy, startClouds } from "../../../sandbox/environment.ts";
import type { GoogleNotice } from "../../../sandbox/google/notices.ts";
import type { OktaNotice } from "../../../sandbox/okta/model/notices.ts";
import { runScenarios, scenarios } from "../../../sandbox/scenarios.ts";
import { createScreen } from "../../../sandbox/screen.ts";
import { followTraces } from "../../../sandbox/traces.ts";
import { hostings } from "../../support/hostings.ts";
import { recordFigure } from "../figures.ts";
import { readPlaces } from "./files.ts";
import { signPeopleIn } from "./people.ts";
import { inShort } from "./walk.ts";
import { startWatch } from "./watch.ts";

it.each(hostings("functions"))(
  "with hosting as %s, nothing that the sandbox prints, logs, reports, exports, writes or starts holds a secret or what people typed",
  async (hosting) => {
    const began = Date.now();
    const watch = await startWatch();
    const stream = new PassThrough();
    const printed = text(stream);
    const screen = createScreen(stream, Date.now);
    const traces = followTraces(Date.now);
    const observe = (notice: OktaNotice | GoogleNotice) => watch.observe(notice);
    const clouds = await startClouds({
      onOkta(notice) {
        observe(notice);
        screen.onOkta(notice);
        traces.onOkta(notice);
      },
      onGoogle(notice) {
        observe(notice);
        screen.onGoogle(notice);
        traces.onGoogle(notice);
      },
    });
    try {
      const { okta, google } = clouds;
      watch.canaries.add("Okta API token", okta.apiToken);
      watch.canaries.add("Google token of who deploys", google.deployerToken);
      for (const { login } of scenarios.flat().map(({ attempt }) => attempt))
        watch.canaries.add("person", login);
      const { outputs, destroy } = await deploy(clouds, {
        hosting,
        onProgress: screen.onProgress,
        signal: new AbortController().signal,
      });
      const groupId: unknown = Reflect.get(Object(outputs["groupIds"]), "App Users");
      const results = await runScenarios(scenarios, clouds, String(groupId), traces, () => {});
      await signPeopleIn(clouds, watch.canaries);
      await watch.files.look();
      await destroy();
      stream.end();
      watch.note("screen", await printed);
      watch.note("outputs", JSON.stringify(outputs));
      watch.note("results", JSON.stringify(results));
    } finally {
      await clouds.close();
    }
    const dist = new URL("../../../dist", import.meta.url).pathname;
    for (const { name, content } of await readPlaces("dist", dist, began)) watch.note(name, content);
    const seen = await watch.end();
    recordFigure("canaries", watch.canaries.list().length);
    recordFigure("places searched for canaries", seen.places.length);
    recordFigure("processes searched for canaries", seen.processes);

    expect(
      watch.canaries
        .list()
        .find(({ kind }) => kind === "hook secret")
        ?.pieces.join(""),
    ).toMatch(/^\w{48}$/);
    for (const kind of ["access token", "identity token", "client assertion", "signing key"] as const)
      expect(watch.canaries.count(kind), kind).toBeGreaterThan(0);
    const toldIn = ["screen", "outputs", "results", "notices", "function logs"];
    expect(seen.places.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...toldIn, "unpacked functions", "dist", "answers to who reads the APIs"]),
    );
    const everything = seen.places.map(({ name, content }) => `${name}: ${content}`).join("\n");
    expect(everything).toContain("Took a delivery.");
    expect(everything).toContain("The user is a member.");
    // Who reads the function, or its service, sees which secret it gets.
    const references = {
      functions: /"key":"HOOK_SECRET",[^}]*"secret":"signin-groups-hook-secret-/,
      service: /"name":"HOOK_SECRET","valueSource":\{"secretKeyRef":\{"secret":"signin-groups-hook-secret-/,
    };
    expect(everything).toMatch(references[hosting]);
    expect(inShort(seen.findings)).toEqual([]);
    // Tokens and assertions of any origin.
    const told = seen.places
      .filter(({ name }) => toldIn.includes(name))
      .map(({ content }) => String(content));
    expect(told.join("\n")).not.toMatch(/Bearer |SSWS |eyJ[\w-]{10}|PRIVATE KEY/);
    expect(seen.holders).toEqual([
      "function receive: HOOK_SECRET holds the hook secret",
      "program: GOOGLE_OAUTH_ACCESS_TOKEN holds the Google token of who deploys",
      "program: PULUMI_CONFIG holds the Okta API token",
    ]);
    expect(seen.left, "nothing temporary is left").toEqual([]);
  },
  120_000,
);

import { describe, expect, it } from "vitest";
import { unknown } from "../../sandbox/deploy/properties.ts";
import type { Recording } from "../support/recorder.ts";
import { byName, declare, inputsOf } from "./declare.ts";
import { labels as standardLabels } from "./expected.ts";

const ADDRESS = "sign-ins.example.com";

async function declared(name: string, options: { readonly dryRun?: boolean } = {}): Promise<Recording> {
  return await declare(
    // Without credentials nothing is looked up in Okta.
    { "arguments:case": name, "okta:apiToken": "" },
    {
      ...options,
      program: "test/infra/programs/arguments",
      answers: { ":GlobalAddress": { address: ADDRESS } },
    },
  );
}

const warningsOf = ({ logs }: Recording) =>
  logs
    .filter(({ severity, message }) => severity === "warning" && message.includes("known only during"))
    .map(({ message }) => message);

describe("arguments from other resources", () => {
  it("are used as they become known", async () => {
    const recording = await declared("computed");
    expect(recording.error).toBeUndefined();
    const find = byName(recording);
    expect(inputsOf(find("event-hook-1", ":EventHook"))["channel"]).toMatchObject({
      uri: `https://${ADDRESS}`,
    });
    expect(inputsOf(find("source", "Bucket"))["labels"]).toEqual({
      ...standardLabels,
      team: "sign-ins-example-com",
    });
    expect(inputsOf(find("resource-set"))["resources"]).toEqual(
      expect.arrayContaining(["https://acme.okta.com/api/v1/groups/00gowngroup"]),
    );
  });

  it("make every resource of the component go before they do", async () => {
    const { resources } = await declared("computed");
    const group = resources.find(({ name }) => name === "own-group")?.urn;
    const own = resources.filter(({ custom, name }) => custom && name.startsWith("signin-groups-"));
    expect(own.filter(({ dependencies }) => !dependencies.includes(String(group)))).toEqual([]);
  });

  it("stay unknown in a preview where nothing depends on their values, without a warning", async () => {
    const recording = await declared("computed", { dryRun: true });
    expect(recording.error).toBeUndefined();
    expect(warningsOf(recording)).toEqual([]);
    const find = byName(recording);
    expect(inputsOf(find("receive", "Function"))["serviceConfig"]).toMatchObject({
      ingressSettings: "ALLOW_INTERNAL_AND_GCLB",
    });
    expect(inputsOf(find("source", "Bucket"))["labels"]).toBe(unknown);
    expect(inputsOf(find("resource-set"))["resources"]).toBe(unknown);
  });

  it("are in a preview replaced by their defaults where the program must know them, with a warning that names them", async () => {
    const preview = await declared("unknown", { dryRun: true });
    expect(preview.error).toBeUndefined();
    expect(warningsOf(preview)).toEqual([
      "receiveMemory is known only during the update: the preview shows what its default leads to.",
      "rules[1] is known only during the update: the preview leaves it out.",
    ]);
    expect(preview.resources.filter(({ type }) => type === "okta:group/group:Group")).toHaveLength(1);

    const update = await declared("unknown");
    expect(warningsOf(update)).toEqual([]);
    expect(inputsOf(byName(update)("receive", "Function"))["serviceConfig"]).toMatchObject({
      availableMemory: "1Gi",
    });
    expect(update.resources.filter(({ type }) => type === "okta:group/group:Group")).toHaveLength(2);
  });

  it.each([
    ["wrong", 'labels.Team is "Identity": its name must be'],
    ["wrong-later", 'labels.team is "Not A Label": it must be text'],
    ["wrong-hook", 'hookUrl is "http://sign-ins.example.com": it must be an https address'],
    ["secret", "backfill is not set: it can't be a secret"],
    ["not-an-org", 'orgUrl is "acme.okta.com": it must be the org\'s own address'],
  ])("are refused, with their place, when they are %s", async (name, message) => {
    expect((await declared(name)).error).toContain(message);
  });

  it.each(["wrong-later", "wrong-hook"])(
    "(%s) do not fail a preview that doesn't know them",
    async (name) => {
      expect((await declared(name, { dryRun: true })).error).toBeUndefined();
    },
  );

  it("must be known in a preview where they say where the integration is", async () => {
    const { error, resources } = await declared("unknown-project", { dryRun: true });
    expect(error).toContain("project is not set: it must be known before the update");
    expect(resources.filter(({ name }) => name.startsWith("signin-groups-"))).toEqual([]);
  });
});

describe("a caller's options", () => {
  it("are those of every resource: providers, protection, dependencies and transformations", async () => {
    const recording = await declared("options");
    expect(recording.error).toBeUndefined();
    const urnOf = (name: string) => String(recording.resources.find((one) => one.name === name)?.urn);
    const own = recording.resources.filter(({ custom, name }) => custom && name.startsWith("signin-groups-"));
    expect(own.length).toBeGreaterThan(80);
    const google = own.filter(({ type }) => type.startsWith("gcp:"));
    const okta = own.filter(({ type }) => type.startsWith("okta:"));
    expect(google.filter(({ provider }) => !provider?.startsWith(urnOf("own-google")))).toEqual([]);
    expect(okta.filter(({ provider }) => !provider?.startsWith(urnOf("own-okta")))).toEqual([]);
    expect(own.filter(({ dependencies }) => !dependencies.includes(urnOf("first")))).toEqual([]);
    expect(own.filter(({ protect }) => !protect)).toEqual([]);
    expect(inputsOf(byName(recording)("source", "Bucket"))).toMatchObject({ storageClass: "NEARLINE" });
  });
});

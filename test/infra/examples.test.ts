import { expect, it } from "vitest";
import { declare } from "./declare.ts";

it("two integrations live in one program without sharing a name", async () => {
  const recording = await declare({}, { program: "infra/examples/subsidiaries" });
  expect(recording.error).toBeUndefined();
  const names = (component: string) =>
    recording.resources
      .filter(({ name }) => name === component || name.startsWith(`${component}-`))
      .map(({ type, name }) => `${type} ${name.slice(component.length)}`.replace(/North|South/, ""))
      .sort();
  expect(names("north")).toEqual(names("south"));
  expect(names("north").length * 2).toBe(recording.resources.length);
  expect(new Set(recording.resources.map(({ urn }) => urn)).size).toBe(recording.resources.length);
});

it("refuses a name that accounts can't be named after, with what to write", async () => {
  const { SignInGroups } = await import("../../infra/sign-in-groups.ts");
  const place = { project: "acme-identity", region: "europe-west1", orgUrl: "https://acme.okta.com" };
  expect(() => new SignInGroups("Subsidiary-north", place)).toThrow(
    expect.objectContaining({
      code: "component-name",
      message: expect.stringContaining("must be a lower-case letter and up to 13 more"),
    }),
  );
});

it("rejects what a program waits for when a check in Okta refuses the configuration, and declares nothing", async () => {
  const { resources, logs, error } = await declare({}, { program: "test/engine/programs/refused" });
  const mistake =
    /The configuration has a mistake:\nrules\[0\]\.groupId is "00gexisting": whether .* holds admin roles/;
  expect(logs.filter(({ severity }) => severity === "info").map(({ message }) => message)).toEqual([
    expect.stringMatching(new RegExp(`^The program caught: ${mistake.source}`)),
  ]);
  // It ends the program as well, and is shown once.
  expect(error).toMatch(mistake);
  expect(error?.match(/The configuration has/g)).toHaveLength(1);
  expect(resources.map(({ type }) => type)).toEqual(["signin-groups:index:SignInGroups"]);
});

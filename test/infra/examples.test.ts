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
  const { SignInGroups } = await import("../../infra/integration.ts");
  const place = { project: "acme-identity", region: "europe-west1", orgUrl: "https://acme.okta.com" };
  expect(() => new SignInGroups("Subsidiary-north", place)).toThrow(
    /must be a lower-case letter and up to 13 more/,
  );
});

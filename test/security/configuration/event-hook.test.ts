import { afterAll, describe, expect, it } from "vitest";
import { isPrivateWay } from "../../../infra/addresses.ts";
import { declare } from "../../infra/declare.ts";
import { recordFigure } from "../figures.ts";

const clear = [
  "http://receiver.example",
  "http://10.0.0.1:8080",
  "http://localhost.example",
  "ftp://127.0.0.1",
];
const secrets = ["", "x".repeat(31)];

afterAll(() => recordFigure("dangerous configurations refused", clear.length + secrets.length));

const serving = (uri: string) => ({ state: "ACTIVE", serviceConfig: { uri, service: "services/receive" } });

describe("the way to a receiver", () => {
  it.each(clear)("is not private to %s", (uri) => {
    expect(isPrivateWay(uri)).toBe(false);
  });

  it.each([
    "https://receiver.example",
    "http://127.0.0.1:8080",
    "http://localhost:8080",
    "http://[::1]:8080",
  ])("is private to %s", (uri) => {
    expect(isPrivateWay(uri)).toBe(true);
  });
});

describe("a preview of the event hook", () => {
  it("is refused when the way to the receiver is not private", async () => {
    const [uri = ""] = clear;
    const { error } = await declare({}, { dryRun: true, functionOutputs: serving(uri) });
    expect(error).toContain(
      `The event hook would send its secret and people's names unencrypted to ${uri}. ` +
        "hookUrl, or else the address of the function receive, must be https, or http on this machine: check it.",
    );
  });

  it("is taken with a receiver on this machine, and with the least secret", async () => {
    const functionOutputs = serving("http://127.0.0.1:8080");
    const { error } = await declare({}, { dryRun: true, functionOutputs, password: "x".repeat(32) });
    expect(error).toBeUndefined();
  });

  it.each(secrets)('is refused when its secret is "%s"', async (password) => {
    const { error } = await declare({}, { dryRun: true, password });
    expect(error).toContain(
      `The event hook would have no safe authentication: its secret has ${password.length} characters, and 32 are the minimum. ` +
        "Add one to hookSecretRotation to create a new secret.",
    );
  });
});

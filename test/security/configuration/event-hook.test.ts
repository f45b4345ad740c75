import { afterAll, describe, expect, it } from "vitest";
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

describe("a preview of the event hook", () => {
  it.each(clear)("is refused when the receiver is %s", async (uri) => {
    const { error } = await declare({}, { dryRun: true, functionOutputs: serving(uri) });
    expect(error).toContain(
      `The event hook would send its secret and people's names unencrypted to ${uri}. ` +
        "hookUrl, or else the address of the function receive, must be https, or http on this machine: check it.",
    );
  });

  it.each([
    "https://receiver.example",
    "http://127.0.0.1:8080",
    "http://localhost:8080",
    "http://[::1]:8080",
  ])("is taken when the receiver is %s", async (uri) => {
    const { error } = await declare({}, { dryRun: true, functionOutputs: serving(uri) });
    expect(error).toBeUndefined();
  });

  it.each(secrets)('is refused when its secret is "%s"', async (password) => {
    const { error } = await declare({}, { dryRun: true, password });
    expect(error).toContain(
      `The event hook would have no safe authentication: its secret has ${password.length} characters, and 32 are the minimum. ` +
        "Add one to hookSecretRotation to create a new secret.",
    );
  });

  it("is taken with the least secret", async () => {
    const { error } = await declare({}, { dryRun: true, password: "x".repeat(32) });
    expect(error).toBeUndefined();
  });
});

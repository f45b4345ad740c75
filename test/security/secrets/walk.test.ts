import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { createCanaries } from "./canaries.ts";
import { readPlaces } from "./files.ts";
import { inShort, walk } from "./walk.ts";

const token = `00${randomBytes(30).toString("base64url")}`;
const typed = `Corréct "horse" & <${randomBytes(6).toString("hex")}>`;
const pem = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();

const canaries = createCanaries();
canaries.add("access token", token);
canaries.add("person", typed);
canaries.add("signing key", pem);

/** What is found in a text. */
function found(content: string): string[] {
  return inShort(walk([{ name: "a place", content }], canaries.list()));
}

describe("the walk", () => {
  it.each<[string, (value: string) => string]>([
    ["plain", (value) => value],
    ["JSON", (value) => JSON.stringify({ value })],
    ["JSON within JSON", (value) => JSON.stringify(JSON.stringify({ value }))],
    [
      "JSON in ASCII, as Go writes it",
      (value) =>
        JSON.stringify(value).replace(
          /[^ -~]|[<>&]/g,
          (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
        ),
    ],
    ["an address", (value) => `/path?query=${encodeURIComponent(value)}`],
    ["a form", (value) => new URLSearchParams({ value }).toString()],
    ["hex", (value) => Buffer.from(value).toString("hex")],
    ["upper-case hex", (value) => Buffer.from(value).toString("hex").toUpperCase()],
    ["base64", (value) => Buffer.from(value).toString("base64")],
    ["base64 with something before it", (value) => Buffer.from(`a:${value}:b`).toString("base64")],
    ["base64 with more before it", (value) => Buffer.from(`ab:${value}:c`).toString("base64")],
    ["base64url", (value) => Buffer.from(`a:${value}`).toString("base64url")],
  ])("finds a secret and what somebody typed in: %s", (_encoding, encode) => {
    for (const [kind, value] of [
      ["access token", token],
      ["person", typed],
    ] as const) {
      const findings = found(`before\n${encode(value)}\nafter`);
      expect(findings.filter((finding) => finding.startsWith(kind))).not.toEqual([]);
    }
  });

  it("finds half a secret, and a key however it is written", () => {
    expect(found(token.slice(0, 20))).toEqual([]);
    expect(found(token.slice(0, 21))).toEqual(["access token in a place (plain)"]);
    expect(found(token.slice(21))).toEqual(["access token in a place (plain)"]);
    expect(found(pem)).toContain("signing key in a place (plain)");
    expect(found(JSON.stringify({ pem }))).toContain("signing key in a place (plain)");
    expect(found(Buffer.from(pem).toString("base64")).length).toBeGreaterThan(0);
    const otherKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    expect(found(otherKey.export({ type: "pkcs8", format: "pem" }).toString())).toEqual([]);
  });

  it("finds nothing where nothing is, and refuses canaries that are everywhere", () => {
    expect(found(randomBytes(1_000_000).toString("base64"))).toEqual([]);
    expect(found("")).toEqual([]);
    expect(() => createCanaries().add("person", "ada")).toThrow("too short");
  });

  it("looks into packed files", async () => {
    const folder = await mkdtemp(join(tmpdir(), "signin-groups-walk-"));
    try {
      await writeFile(join(folder, "a.zip"), zipSync({ "x/y": strToU8(token) }));
      await writeFile(join(folder, "b.json.gz"), gzipSync(JSON.stringify({ typed })));
      expect(inShort(walk(await readPlaces("files", folder, 0), canaries.list()))).toEqual([
        "access token in files (plain)",
        "person in files (JSON)",
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

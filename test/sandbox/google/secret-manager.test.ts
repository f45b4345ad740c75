import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Local, PROJECT, startLocal } from "./local.ts";

const SECRETS = `/v1/projects/${PROJECT}/secrets`;
const AUTOMATIC = { replication: { automatic: {} } };
let local: Local;
beforeAll(async () => {
  local = await startLocal();
});
afterAll(() => local.google.close());

it("versions count up, are read by number or as the latest, and end destroyed", async () => {
  const made = await local.call("POST", `${SECRETS}?secretId=word`, AUTOMATIC);
  expect(made.body.name).toBe(`projects/${local.google.projectNumber}/secrets/word`);
  for (const word of ["one", "two"]) {
    const data = Buffer.from(word).toString("base64");
    await local.call("POST", `${SECRETS}/word:addVersion`, { payload: { data } });
  }
  const read = async (version: string) => {
    const answer = await local.call("GET", `${SECRETS}/word/versions/${version}:access`);
    return answer.status === 200
      ? Buffer.from(answer.body.payload.data, "base64").toString()
      : answer.body.error.status;
  };
  expect([await read("1"), await read("2"), await read("latest")]).toEqual(["one", "two", "two"]);
  await local.call("POST", `${SECRETS}/word/versions/2:disable`, {});
  expect(await read("2")).toBe("FAILED_PRECONDITION");
  await local.call("POST", `${SECRETS}/word/versions/2:enable`, {});
  expect(await read("2")).toBe("two");
  await local.call("POST", `${SECRETS}/word/versions/2:destroy`, {});
  expect(await read("2")).toBe("FAILED_PRECONDITION");
  expect((await local.call("POST", `${SECRETS}/word/versions/2:enable`, {})).status).toBe(400);
  expect(await read("3")).toBe("NOT_FOUND");
  expect(await read("latest")).toBe("FAILED_PRECONDITION");
});

describe("refused", () => {
  it.each([
    [
      "a full name for an id",
      `${SECRETS}?secretId=${encodeURIComponent("projects/p/secrets/s")}`,
      AUTOMATIC,
      "INVALID_ARGUMENT",
    ],
    ["no replication", `${SECRETS}?secretId=a`, {}, "INVALID_ARGUMENT"],
    ["an empty version", `${SECRETS}/kept:addVersion`, { payload: { data: "" } }, "INVALID_ARGUMENT"],
    [
      "a version too large",
      `${SECRETS}/kept:addVersion`,
      { payload: { data: Buffer.alloc(65_537).toString("base64") } },
      "INVALID_ARGUMENT",
    ],
    ["a version of no secret", `${SECRETS}/none:addVersion`, { payload: { data: "YQ==" } }, "NOT_FOUND"],
    ["a name that is taken", `${SECRETS}?secretId=kept`, AUTOMATIC, "ALREADY_EXISTS"],
  ])("%s", async (_case, path, body, status) => {
    await local.call("POST", `${SECRETS}?secretId=kept`, AUTOMATIC);
    expect((await local.call("POST", path, body)).body.error.status).toBe(status);
  });
});

it("labels can be of any script", async () => {
  const labels = { größe: "大きい", 部署: "it" };
  const made = await local.call("POST", `${SECRETS}?secretId=labelled`, { ...AUTOMATIC, labels });
  expect(made).toMatchObject({ status: 200, body: { labels } });
});

it("a deleted secret is gone with its policy, and its name is free", async () => {
  await local.call("POST", `${SECRETS}?secretId=brief`, AUTOMATIC);
  await local.grant(`${SECRETS}/brief`, "roles/secretmanager.secretAccessor", "allUsers");
  expect(local.google.leftovers()).toContain(`secret projects/${PROJECT}/secrets/brief`);
  await local.call("DELETE", `${SECRETS}/brief`);
  expect((await local.call("GET", `${SECRETS}/brief`)).status).toBe(404);
  await local.call("POST", `${SECRETS}?secretId=brief`, AUTOMATIC);
  expect((await local.call("GET", `${SECRETS}/brief:getIamPolicy`)).body.bindings).toEqual([]);
});

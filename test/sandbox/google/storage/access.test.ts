import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountThatCalls, type CallAs } from "../as-account.ts";
import { type Local, PROJECT, startLocal } from "../local.ts";

const STATE = "/storage/v1/b/state-bucket";
const UPLOAD = "/upload/storage/v1/b/state-bucket/o?uploadType=media";
let local: Local;
let email: string;
let call: CallAs;

beforeAll(async () => {
  local = await startLocal();
  for (const name of ["state-bucket", "other-bucket"]) {
    await local.call("POST", `/storage/v1/b?project=${PROJECT}`, { name, location: "EU" });
  }
  ({ email, call } = await accountThatCalls(local, "reader"));
});
afterAll(() => local.google.close());

/** Lets the account hold these roles on the state bucket, and no others. */
async function hold(...roles: string[]): Promise<void> {
  const members = [`serviceAccount:${email}`];
  const bindings = roles.map((role) => ({ role, members }));
  expect((await local.call("PUT", `${STATE}/iam`, { bindings })).status).toBe(200);
}

const object = (name: string) => `${STATE}/o/${encodeURIComponent(name)}`;

describe("a function's own objects", () => {
  it("are written from generation to generation and read back, by a role on only their bucket", async () => {
    await hold("roles/storage.objectUser");
    const name = "replays/one.json";
    expect((await call("GET", `${object(name)}?alt=media`)).status).toBe(404);
    const write = (generation: string, body: object) =>
      call("POST", `${UPLOAD}&name=${encodeURIComponent(name)}&ifGenerationMatch=${generation}`, body);
    const first = await write("0", { page: 1 });
    expect(first).toMatchObject({ status: 200, body: { name, generation: expect.stringMatching(/^\d+$/) } });
    expect((await write("0", { page: 9 })).status).toBe(412);
    const second = await write(first.body.generation, { page: 2 });
    expect(second.status).toBe(200);
    expect((await write(first.body.generation, { page: 9 })).body.error.code).toBe(412);

    const read = await call("GET", `${object(name)}?alt=media`);
    expect(read).toMatchObject({ status: 200, body: { page: 2 }, generation: second.body.generation });
    expect((await call("PATCH", object(name), { temporaryHold: false })).status).toBe(200);
    expect((await call("GET", `${STATE}/o`)).body.items).toHaveLength(1);
    expect((await call("DELETE", object(name))).status).toBe(204);

    const elsewhere = "/upload/storage/v1/b/other-bucket/o?uploadType=media&name=a";
    expect((await call("POST", elsewhere, {})).status).toBe(403);
    expect((await call("GET", STATE)).status).toBe(403);
  });

  it("are not overwritten by who may only create", async () => {
    await hold("roles/storage.objectCreator");
    expect((await call("POST", `${UPLOAD}&name=created`, {})).status).toBe(200);
    const again = await call("POST", `${UPLOAD}&name=created`, {});
    expect(again.body.error).toMatchObject({ code: 403, message: expect.stringContaining("objects.delete") });
    expect((await call("GET", `${object("created")}?alt=media`)).status).toBe(403);
  });

  it("are read and not written by who may view", async () => {
    await local.call("POST", `${UPLOAD}&name=viewed`, { a: 1 });
    await hold("roles/storage.objectViewer");
    expect((await call("GET", `${object("viewed")}?alt=media`)).body).toEqual({ a: 1 });
    for (const [method, path] of [
      ["POST", `${UPLOAD}&name=viewed`],
      ["PATCH", object("viewed")],
      ["DELETE", object("viewed")],
    ] as const) {
      expect((await call(method, path, {})).status).toBe(403);
    }
  });

  it("that are not there are forbidden, not missing, to who may not list", async () => {
    await hold("roles/storage.legacyObjectReader");
    await local.call("POST", `${UPLOAD}&name=there`, { a: 1 });
    expect((await call("GET", `${object("there")}?alt=media`)).status).toBe(200);
    const missing = await call("GET", `${object("missing")}?alt=media`);
    expect(missing.body.error).toMatchObject({ code: 403, message: expect.stringContaining("objects.list") });
  });
});

it("an object that was lost, or overwritten with what is none of the function's, is seen at once", async () => {
  await hold("roles/storage.objectUser");
  const mine = await call("POST", `${UPLOAD}&name=cursor`, { next: "https://…" });
  await local.call("POST", `${UPLOAD}&name=cursor`, "corrupt");
  const seen = await call("GET", `${object("cursor")}?alt=media`);
  expect(seen).toMatchObject({ status: 200, text: '"corrupt"' });
  expect(seen.generation).not.toBe(mine.body.generation);
  await local.call("DELETE", object("cursor"));
  expect((await call("GET", `${object("cursor")}?alt=media`)).status).toBe(404);
  expect(
    (await call("POST", `${UPLOAD}&name=cursor&ifGenerationMatch=${mine.body.generation}`, {})).status,
  ).toBe(412);
});

it("when a bucket was made stays the same, whatever is changed", async () => {
  const { timeCreated, updated, metageneration } = (await local.call("GET", STATE)).body;
  expect(new Date(timeCreated).toISOString()).toBe(timeCreated);
  const forged = { timeCreated: "2001-01-01T00:00:00.000Z", metageneration: "7", labels: { a: "b" } };
  const { body } = await local.call("PATCH", STATE, forged);
  expect(body).toMatchObject({
    timeCreated,
    labels: { a: "b" },
    metageneration: String(Number(metageneration) + 1),
  });
  expect(Date.parse(body.updated)).toBeGreaterThanOrEqual(Date.parse(updated));
});

import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Local, startLocal } from "../local.ts";

let local: Local;
beforeAll(async () => {
  local = await startLocal();
  await local.call("POST", "/storage/v1/b?project=signin-test", { name: "files", location: "EU" });
});
afterAll(() => local.google.close());

function send(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: Uint8Array | string,
) {
  return fetch(local.google.url + path, {
    method,
    headers: { authorization: `Bearer ${local.google.deployerToken}`, ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : Uint8Array.from(body) }),
  });
}

function multipart(boundary: string, metadata: object, content: Uint8Array): Uint8Array {
  const head = `--${boundary}\r\ncontent-type: application/json\r\n\r\n${JSON.stringify(metadata)}\r\n--${boundary}\r\nContent-Type: application/zip\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

it.each([
  ["text", Buffer.from("hello")],
  ["nothing", Buffer.alloc(0)],
  ["every byte, line ends and a false boundary", Buffer.from([...Array(256).keys(), 13, 10, 45, 45, 13, 10])],
])("an uploaded object comes back byte for byte: %s", async (name, content) => {
  const object = encodeURIComponent(`folder/${name}`);
  const made = await send(
    "POST",
    `/upload/storage/v1/b/files/o?uploadType=multipart&name=${object}`,
    { "content-type": 'multipart/related; boundary="mark"' },
    multipart("mark", { metadata: { kind: "test" } }, content),
  );
  expect(await made.json()).toMatchObject({
    name: `folder/${name}`,
    size: String(content.length),
    contentType: "application/zip",
    md5Hash: createHash("md5").update(content).digest("base64"),
    metadata: { kind: "test" },
    generation: expect.stringMatching(/^\d{16}$/),
  });
  const media = await send("GET", `/storage/v1/b/files/o/${object}?alt=media`);
  expect(media.headers.get("content-type")).toBe("application/zip");
  expect(Buffer.from(await media.arrayBuffer())).toEqual(content);
});

describe("a precondition", () => {
  const upload = (query: string, body: string) =>
    send(
      "POST",
      `/upload/storage/v1/b/files/o?uploadType=media&name=cursor${query}`,
      { "content-type": "text/plain" },
      body,
    );

  it("lets one writer win, and each generation is another", async () => {
    const first = await upload("&ifGenerationMatch=0", "a");
    expect(first.status).toBe(200);
    expect((await upload("&ifGenerationMatch=0", "b")).status).toBe(412);
    const { generation } = (await first.json()) as { generation: string };
    const second = await upload(`&ifGenerationMatch=${generation}`, "c");
    const next = ((await second.json()) as { generation: string }).generation;
    expect(next).not.toBe(generation);
    expect((await upload(`&ifGenerationMatch=${generation}`, "d")).status).toBe(412);
    expect((await send("GET", `/storage/v1/b/files/o/cursor?generation=${generation}`)).status).toBe(404);
    expect(await (await send("GET", "/storage/v1/b/files/o/cursor?alt=media")).text()).toBe("c");
    expect(
      (await send("DELETE", `/storage/v1/b/files/o/cursor?ifGenerationMatch=${generation}`)).status,
    ).toBe(412);
    expect((await send("DELETE", `/storage/v1/b/files/o/cursor?ifGenerationMatch=${next}`)).status).toBe(204);
  });
});

describe("refused", () => {
  it.each([
    ["a body of one part", "multipart/related; boundary=x", "--x\r\n\r\n{}\r\n--x--"],
    ["no boundary", "multipart/related", "--x"],
    ["a part without an end", "multipart/related; boundary=x", "--x\r\n\r\n{}\r\n--x\r\n\r\nhello"],
    [
      "metadata that is not JSON",
      "multipart/related; boundary=x",
      "--x\r\n\r\nno\r\n--x\r\n\r\nhello\r\n--x--",
    ],
  ])("%s", async (_case, type, body) => {
    const path = "/upload/storage/v1/b/files/o?uploadType=multipart&name=a";
    expect((await send("POST", path, { "content-type": type }, body)).status).toBe(400);
  });

  it.each([
    ["a capital letter", { name: "Files", location: "EU" }, 400],
    ["a short name", { name: "ab", location: "EU" }, 400],
    ["a place that is none", { name: "files-2", location: "ATLANTIS" }, 400],
    ["a taken name", { name: "files", location: "EU" }, 409],
    ["a label in capitals", { name: "files-2", location: "EU", labels: { a: "B" } }, 400],
  ])("a bucket with %s", async (_case, body, status) => {
    expect((await local.call("POST", "/storage/v1/b?project=signin-test", body)).status).toBe(status);
  });

  it("the deletion of a bucket with objects", async () => {
    await local.call("POST", "/storage/v1/b?project=signin-test", { name: "full-one", location: "EU" });
    await send("POST", "/upload/storage/v1/b/full-one/o?uploadType=media&name=a", {}, "a");
    expect((await send("DELETE", "/storage/v1/b/full-one")).status).toBe(409);
    await send("DELETE", "/storage/v1/b/full-one/o/a");
    expect((await send("DELETE", "/storage/v1/b/full-one")).status).toBe(204);
  });
});

it("Cloud Storage words its refusals in a form of its own", async () => {
  const { status, body } = await local.call("GET", "/storage/v1/b/no-such-bucket");
  expect(status).toBe(404);
  const { message } = body.error;
  expect(body).toEqual({
    error: { code: 404, message, errors: [{ domain: "global", reason: "notFound", message }] },
  });
});

import { afterEach, beforeEach, expect, it } from "vitest";
import { GoogleApiError, ObjectChangedError } from "../../../../function/shared/errors.ts";
import { createGoogleGet, createGooglePost } from "../../../../function/shared/google/api.ts";
import {
  createObjectStore,
  NO_OBJECT,
  type ObjectStore,
} from "../../../../function/shared/google/object-store.ts";
import { type FakeGoogle, googleError, startFakeGoogle } from "../../../support/google.ts";

const NAME = "replays/1.json";

let google: FakeGoogle;
let store: ObjectStore;
let token: string;
const { signal } = new AbortController();

beforeEach(async () => {
  google = await startFakeGoogle();
  token = "google-token";
  const accessToken = async () => token;
  store = createObjectStore({
    endpoint: google.url,
    bucket: "state-bucket",
    get: createGoogleGet(accessToken, fetch),
    post: createGooglePost(accessToken, fetch),
  });
});

afterEach(() => google.close());

it("writes what it reads, by the name that it was given", async () => {
  expect(await store.read(NAME, signal)).toBeUndefined();
  const generation = await store.write(NAME, { page: 1 }, NO_OBJECT, signal);
  expect([...google.objects.keys()]).toEqual([`state-bucket/${NAME}`]);
  expect(await store.read(NAME, signal)).toEqual({ content: '{"page":1}', generation });
  const next = await store.write(NAME, { page: 2 }, generation, signal);
  expect(await store.read(NAME, signal)).toEqual({ content: '{"page":2}', generation: next });
});

it("overwrites only what it has seen", async () => {
  const generation = await store.write(NAME, 1, NO_OBJECT, signal);
  await expect(store.write(NAME, 2, NO_OBJECT, signal)).rejects.toThrow(ObjectChangedError);
  await store.write(NAME, 3, generation, signal);
  await expect(store.write(NAME, 4, generation, signal)).rejects.toThrow(ObjectChangedError);
  google.objects.clear();
  await expect(store.write(NAME, 5, generation, signal)).rejects.toThrow(ObjectChangedError);
});

it("says what Google refuses, and nothing of what it sent", async () => {
  google.storage = () => googleError(403, "PERMISSION_DENIED");
  const refused = await store.write(NAME, "private", NO_OBJECT, signal).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(GoogleApiError);
  expect(refused).toMatchObject({
    name: "NoBucketError",
    status: 403,
    message: "Cloud Storage objects.insert: 403 PERMISSION_DENIED",
  });
  token = "another";
  await expect(store.read(NAME, signal)).rejects.toThrow("Cloud Storage objects.get: 401");
});

it.each([
  ["a bucket that is missing", googleError(404, "NOT_FOUND"), "NoBucketError"],
  ["a bucket without a right", googleError(403, "PERMISSION_DENIED"), "NoBucketError"],
  ["a proxy that finds nothing", new Response("<html>", { status: 404 }), "GoogleApiError"],
  ["a proxy that forbids it", new Response("<html>", { status: 403 }), "GoogleApiError"],
  ["a proxy that finds a condition not met", new Response("<html>", { status: 412 }), "GoogleApiError"],
])("distinguishes %s from all else", async (_name, answer, expected) => {
  google.storage = () => answer;
  const refused = await store.write(NAME, 1, NO_OBJECT, signal).catch((error: unknown) => error);
  expect(refused).toMatchObject({ name: expected, status: answer.status });
});

it("does not take an answer for one that says nothing of the generation", async () => {
  google.storage = () => Response.json({});
  await expect(store.write(NAME, 1, NO_OBJECT, signal)).rejects.toThrow("no generation");
  const get = async () => ({ headers: new Headers(), text: "{}" });
  const blind = createObjectStore({ endpoint: "", bucket: "", get, post: async () => ({}) });
  await expect(blind.read(NAME, signal)).rejects.toThrow("no generation");
});

it("ends with its signal", async () => {
  google.storage = () => new Promise(() => {});
  const controller = new AbortController();
  const written = store.write(NAME, 1, NO_OBJECT, controller.signal);
  controller.abort(new Error("over"));
  await expect(written).rejects.toThrow("over");
});

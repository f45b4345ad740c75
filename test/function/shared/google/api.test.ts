import { describe, expect, it } from "vitest";
import { createGoogleGet, createGooglePost } from "../../../../function/shared/google/api.ts";

const never = () => new Promise<never>(() => undefined);
const token = async () => "google-token";
const call = { call: "Cloud Test things.make", url: "https://google.test/things" };

describe("a call of Google's APIs", () => {
  it.each([
    ["the token", createGooglePost(never, async () => Response.json({}))],
    ["the answer", createGooglePost(token, never)],
    ["the answer's body", createGooglePost(token, async () => new Response(new ReadableStream()))],
    ["the token, for a read", createGoogleGet(never, async () => new Response(""))],
    ["the body, for a read", createGoogleGet(token, async () => new Response(new ReadableStream()))],
  ])("ends with its deadline, whatever ignores the signal: %s", async (_name, send) => {
    const controller = new AbortController();
    const sent = send({ ...call, body: {}, signal: controller.signal });
    controller.abort(new Error("The time is up."));
    await expect(sent).rejects.toThrow("The time is up.");
  });

  it.each([
    ["a page with 200", () => new Response("<html>"), 200, ""],
    ["a list with 200", () => Response.json([]), 200, ""],
    ["a page with 409", () => new Response("<html>", { status: 409 }), 409, ""],
    ["JSON of something else", () => Response.json({ error: "blocked" }, { status: 403 }), 403, ""],
    ["a code of Google's", () => error({ status: "ABORTED" }), 409, "ABORTED"],
    ["a code of Cloud Storage's", () => error({ errors: [{ reason: "conflict" }] }), 409, "conflict"],
    ["an error without a code", () => error({}), 409, ""],
    ["errors without a reason", () => error({ errors: [{ reason: 1 }] }), 409, ""],
    ["no errors at all", () => error({ errors: [] }), 409, ""],
  ])("fails by %s, and says whether Google itself refused", async (_name, answer, status, reason) => {
    const post = createGooglePost(token, async () => answer());
    const { signal } = new AbortController();
    await expect(post({ ...call, body: {}, signal })).rejects.toMatchObject({
      name: "GoogleApiError",
      status,
      reason,
      message: expect.stringMatching(/^Cloud Test things\.make: \d+ \S/),
    });
  });
});

function error(content: object): Response {
  return Response.json({ error: { code: 409, message: "no", ...content } }, { status: 409 });
}

import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import type { ReplayProgress } from "../../function/shared/contract.ts";

/** One look at an object. */
export interface Look {
  readonly bucket: string;
  readonly name: string;
  readonly authorization: string | undefined;
  readonly quotaProject: string | undefined;
}

/** Cloud Storage as far as one reads an object from it, in a form that a test can make misbehave. */
export interface FakeObjects {
  readonly url: string;
  readonly looks: Look[];
  /** How the next look is answered. */
  answer: (position: number) => Response | Promise<Response>;
  close(): void;
}

export async function startFakeObjects(): Promise<FakeObjects> {
  const app = new Hono();
  app.get("/storage/v1/b/:bucket/o/:name", (context) => {
    if (context.req.query("alt") !== "media") return context.json({ name: context.req.param("name") });
    fake.looks.push({
      bucket: context.req.param("bucket"),
      name: context.req.param("name"),
      authorization: context.req.header("authorization"),
      quotaProject: context.req.header("x-goog-user-project"),
    });
    return fake.answer(fake.looks.length - 1);
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  const fake: FakeObjects = {
    url: `http://127.0.0.1:${port}`,
    looks: [],
    answer: () => storageError(404),
    close: () => server.close(),
  };
  return fake;
}

/** The object, as it is downloaded. */
export function giveProgress(progress: ReplayProgress): Response {
  return Response.json(progress, { headers: { "x-goog-generation": "1" } });
}

/** The reasons of Cloud Storage's refusals (Google Cloud, "Cloud Storage JSON API": HTTP status and error codes). */
const reasons: ReadonlyMap<number, string> = new Map([
  [400, "invalid"],
  [401, "authError"],
  [403, "forbidden"],
  [404, "notFound"],
  [503, "backendError"],
]);

/** The JSON API's errors have no `status`. */
export function storageError(code: number): Response {
  const errors = [{ domain: "global", reason: reasons.get(code), message: "refused" }];
  return Response.json({ error: { code, message: "refused", errors } }, { status: code });
}

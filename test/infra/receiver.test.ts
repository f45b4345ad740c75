import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import { waitForReceiver } from "../../infra/okta/receiver.ts";
import { freePort } from "../support/ports.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A receiver that answers in turn as given, the last answer from then on. */
async function receiver(
  ...answers: ((challenge: string, authorization: string) => Response)[]
): Promise<string> {
  let position = 0;
  const app = new Hono().get("/", ({ req }) => {
    const answer = answers[Math.min(position, answers.length - 1)];
    position += 1;
    return (
      answer?.(req.header("x-okta-verification-challenge") ?? "", req.header("authorization") ?? "") ??
      Response.error()
    );
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  closers.push(() => server.close());
  // A server that listens on a port has an address of this form.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A clock that moves only when somebody sleeps. */
function clock() {
  let time = 0;
  const reports: string[] = [];
  return {
    reports,
    slept: () => time,
    now: () => time,
    sleep: async (milliseconds: number) => {
      time += milliseconds;
    },
    report: (message: string) => void reports.push(message),
  };
}

const echo = (challenge: string, authorization: string) =>
  authorization === "Bearer right"
    ? Response.json({ verification: challenge })
    : new Response("no", { status: 401 });

describe("waiting for the receiver", () => {
  it("is over at once when it echoes the challenge", async () => {
    const time = clock();
    await waitForReceiver({ url: await receiver(echo), secret: "right", seconds: 10, ...time });
    expect(time.slept()).toBe(0);
    expect(time.reports).toEqual([]);
  });

  it("goes on while the public binding does not work yet, and says so once", async () => {
    const time = clock();
    const forbidden = () => new Response("", { status: 403 });
    const url = await receiver(forbidden, forbidden, forbidden, echo);
    await waitForReceiver({ url, secret: "right", seconds: 10, ...time });
    expect(time.slept()).toBe(6_000);
    expect(time.reports).toEqual([`Waiting for ${url}: it answers 403`]);
  });

  it.each([
    [
      "a missing public binding",
      () => new Response("", { status: 403 }),
      /it answers 403\. Google Cloud does not let everybody call it/,
    ],
    [
      "another secret",
      () => new Response("", { status: 401 }),
      /it answers 401\. It runs with another secret/,
    ],
    [
      "another answer",
      () => Response.json({ verification: "other" }),
      /it does not echo the challenge\. Look at its logs/,
    ],
  ])("gives up on %s with a remedy", async (_name, answer, message) => {
    const time = clock();
    const waiting = waitForReceiver({ url: await receiver(answer), secret: "right", seconds: 10, ...time });
    await expect(waiting).rejects.toThrow(message);
    await expect(waiting).rejects.toThrow(/within 10 s.*run "pulumi up" again/);
    await expect(waiting).rejects.toMatchObject({ code: "receiver" });
    expect(time.slept()).toBe(10_000);
  });

  it("gives up on a receiver that is not there, without showing the secret", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const waiting = waitForReceiver({ url, secret: "right", seconds: 4, ...clock() });
    await expect(waiting).rejects.toThrow(/it cannot be reached/);
    await expect(waiting).rejects.not.toThrow(/right/);
  });
});

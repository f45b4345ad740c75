import { describe, expect, it } from "vitest";
import { iso, read, startWithJane } from "./log-reading.ts";

describe("a cursor", () => {
  const changes: readonly (readonly [string, (cursor: string) => string])[] = [
    ["with another number", (cursor) => cursor.replace(/\d/, (digit) => String((Number(digit) + 1) % 10))],
    ["cut off", (cursor) => cursor.slice(0, -1)],
    ["with more at its end", (cursor) => `${cursor}0`],
    ["without its mark", (cursor) => cursor.replace(/_.*$/, "")],
  ];
  it.each(changes)("%s is refused", async (_case, change) => {
    const { okta, signIn } = await startWithJane();
    signIn();
    const url = new URL((await read(okta, "/api/v1/logs")).next ?? "");
    url.searchParams.set("after", change(url.searchParams.get("after") ?? ""));
    const answer = await okta.call("GET", url.pathname + url.search);
    expect(answer).toMatchObject({ status: 400, body: { errorCode: "E0000001" } });
  });

  it("of another org is refused, and so is one for the other form of request", async () => {
    const { okta, signIn } = await startWithJane();
    const other = await startWithJane();
    for (let count = 0; count < 2; count += 1) signIn();
    const polling = new URL((await read(okta, "/api/v1/logs?limit=1")).next ?? "");
    expect((await read(other.okta, polling.pathname + polling.search)).status).toBe(400);
    const until = `until=${iso(1000)}`;
    expect((await read(okta, `${polling.pathname}${polling.search}&${until}`)).status).toBe(400);
    const bounded = new URL((await read(okta, `/api/v1/logs?limit=1&${until}`)).next ?? "");
    bounded.searchParams.delete("until");
    expect((await read(okta, bounded.pathname + bounded.search)).status).toBe(400);
  });

  it("can be refused so many times, or until that is changed", async () => {
    const { okta, signIn } = await startWithJane();
    const event = signIn();
    const { next = "" } = await read(okta, "/api/v1/logs?limit=0");
    const follow = async () => (await read(okta, next.replace("limit=0", "limit=9"))).body;
    const refused = {
      errorCode: "E0000001",
      errorCauses: [{ errorSummary: expect.stringContaining("cursor") }],
    };

    okta.faults.log.refuseCursors = 1;
    expect((await read(okta, "/api/v1/logs")).body).toEqual([event]);
    expect([await follow(), await follow()]).toEqual([expect.objectContaining(refused), [event]]);
    okta.faults.log.refuseCursors = Number.POSITIVE_INFINITY;
    for (let count = 0; count < 3; count += 1) expect(await follow()).toMatchObject(refused);
    okta.faults.log.refuseCursors = 0;
    expect(await follow()).toEqual([event]);
  });

  it("can be led to another host", async () => {
    const { okta } = await startWithJane();
    const { next = "" } = await read(okta, "/api/v1/logs");
    okta.faults.log.nextLinkOrigin = "https://elsewhere.example";
    const foreign = (await read(okta, "/api/v1/logs")).next;
    expect(foreign).toBe(next.replace(okta.url, "https://elsewhere.example"));
    okta.faults.log.nextLinkOrigin = undefined;
    expect((await read(okta, "/api/v1/logs")).next).toBe(next);
  });
});

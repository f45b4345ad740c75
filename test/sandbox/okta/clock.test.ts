import { expect, test } from "vitest";
import { machineClock } from "../../../sandbox/okta/clock.ts";

const HOUR = 3600_000;

test("a sleep ends by itself, or as soon as its signal is aborted, now or before", async () => {
  await machineClock.sleep(1);
  const during = new AbortController();
  const sleep = machineClock.sleep(HOUR, during.signal);
  during.abort();
  await sleep;
  await machineClock.sleep(HOUR, AbortSignal.abort());
  expect(Math.abs(machineClock.now() - Date.now())).toBeLessThan(HOUR);
});

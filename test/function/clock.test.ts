import { expect, it } from "vitest";
import { systemClock } from "../../function/shared/clock.ts";

const HOUR = 3600_000;

it("a sleep ends by itself, or as soon as its signal is aborted, now or before", async () => {
  await systemClock.sleep(1);
  const during = new AbortController();
  const sleep = systemClock.sleep(HOUR, during.signal);
  during.abort();
  await sleep;
  await systemClock.sleep(HOUR, AbortSignal.abort());
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(HOUR);
});

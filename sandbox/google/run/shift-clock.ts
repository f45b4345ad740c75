/**
 * Loaded into an instance with the address `shift-clock.ts?milliseconds=N`: its clock is that far ahead of the machine's,
 * or behind. Timers run as before.
 */
const shift = Number(new URL(import.meta.url).searchParams.get("milliseconds"));
const machineNow = Date.now;
const now = () => machineNow() + shift;

const ShiftedDate = new Proxy(Date, {
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
  apply: () => new ShiftedDate().toString(),
});

Reflect.set(Date, "now", now);
Reflect.set(globalThis, "Date", ShiftedDate);

/** Set where this is bundled. */
declare const SHIFT_MILLISECONDS: number;

/** Loaded into an instance: its clock is that far ahead of the machine's, or behind. Timers run as before. */
const machineNow = Date.now;
const now = () => machineNow() + SHIFT_MILLISECONDS;

const ShiftedDate = new Proxy(Date, {
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
  apply: () => new ShiftedDate().toString(),
});

Reflect.set(Date, "now", now);
Reflect.set(globalThis, "Date", ShiftedDate);

/** What strikes so many times. */
export interface Countdown {
  /** How many more times, counted down here; without, until it is taken out of its list. */
  times?: number;
}

/** Whether it strikes now. Then that is one time less. */
export function strikes(fault: Countdown): boolean {
  if (fault.times === undefined) return true;
  if (fault.times <= 0) return false;
  fault.times -= 1;
  return true;
}

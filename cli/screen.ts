/** Where a person, or a log, sees what goes on. */
export interface Screen {
  line(text: string): void;
  /** How far it is: on a terminal a line that is rewritten, elsewhere a line now and then. */
  progress(text: string): void;
  /** Takes away what is to be rewritten. */
  clear(): void;
}

/** What a screen writes to. */
export interface ScreenStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Between two lines of progress pass at least so many milliseconds. */
const SHORTEST = 1_000;

/** After so many milliseconds a line comes though nothing has changed: with a call each second, one in 10 s. */
const LONGEST = 9_000;

/** From the cursor to the end of the line (ECMA-48, "Erase in line"). */
const ERASE = "\x1b[K";

/** @param now in milliseconds */
export function createScreen(stream: ScreenStream, now: () => number): Screen {
  return stream.isTTY ? createTerminal(stream) : createLog(stream, now);
}

function createTerminal(stream: ScreenStream): Screen {
  let shown = "";
  const clear = () => {
    if (shown !== "") stream.write(`\r${ERASE}`);
    shown = "";
  };
  return {
    line(text) {
      clear();
      stream.write(`${text}\n`);
    },
    progress(text) {
      // A line that is too long would go on in the next, where nothing erases it.
      const fitting = text.slice(0, (stream.columns ?? 80) - 1);
      if (fitting !== shown) stream.write(`\r${fitting}${ERASE}`);
      shown = fitting;
    },
    clear,
  };
}

function createLog(stream: ScreenStream, now: () => number): Screen {
  let last = "";
  let writtenAt = Number.NEGATIVE_INFINITY;
  return {
    line: (text) => void stream.write(`${text}\n`),
    progress(text) {
      const waited = now() - writtenAt;
      if (waited < (text === last ? LONGEST : SHORTEST)) return;
      last = text;
      writtenAt = now();
      stream.write(`${text}\n`);
    },
    clear() {},
  };
}

const format = new Intl.NumberFormat("en");

/** A number as people write it: 1,204. */
export function amount(count: number): string {
  return format.format(count);
}

/** A number of things: 1 event, 1,204 events. */
export function plural(count: number, thing: string): string {
  return `${amount(count)} ${thing}${count === 1 ? "" : "s"}`;
}

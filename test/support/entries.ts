/** One line of a function's log. */
export type LogEntry = Readonly<Record<string, unknown>>;

/** What a function has logged, and what it will log. */
export interface Entries {
  /** All so far; a line that is not JSON becomes {text}. */
  readonly entries: readonly LogEntry[];
  /** Waits for an entry, past or to come. */
  entry(matches: (entry: LogEntry) => boolean): Promise<LogEntry>;
}

/** Collects lines. @returns with `take`, which adds one */
export function collectEntries(): Entries & { take(line: string): void } {
  const entries: LogEntry[] = [];
  const waiting = new Set<() => void>();
  return {
    entries,
    take(line) {
      entries.push(parseLine(line));
      for (const check of waiting) check();
    },
    entry: (matches) =>
      new Promise((resolve) => {
        const check = () => {
          const found = entries.find(matches);
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
  };
}

function parseLine(line: string): LogEntry {
  try {
    const value: unknown = JSON.parse(line);
    // A log line is an object by the test before it.
    if (typeof value === "object" && value !== null) return value as LogEntry;
  } catch {}
  return { text: line };
}

/** What a cloud has reported since it was started. */
export interface History<Notice> {
  add(notice: Notice): void;
  /** How many notices there are; with it later ones are distinguished from earlier ones. */
  length(): number;
  since(length: number): readonly Notice[];
  /** Looks now and after each further notice, until something is found. @throws Error when that takes too long */
  until<Found>(what: string, look: (notices: readonly Notice[]) => Found | undefined): Promise<Found>;
}

/** No way through the system takes longer on the slowest machine, in milliseconds. */
const PATIENCE = 120_000;

/** Makes an empty history. */
export function createHistory<Notice>(): History<Notice> {
  const notices: Notice[] = [];
  const listeners = new Set<() => void>();
  return {
    add(notice) {
      notices.push(notice);
      for (const listener of [...listeners]) listener();
    },
    length: () => notices.length,
    since: (length) => notices.slice(length),
    until(what, look) {
      return new Promise((resolve, reject) => {
        const end = () => {
          clearTimeout(timer);
          listeners.delete(listener);
        };
        const listener = () => {
          const found = look(notices);
          if (found === undefined) return;
          end();
          resolve(found);
        };
        const timer = setTimeout(() => {
          end();
          reject(new Error(`Waited in vain for ${what}.`));
        }, PATIENCE);
        listeners.add(listener);
        listener();
      });
    },
  };
}

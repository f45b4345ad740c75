/** Runs work under a name one after the other; work under other names goes on beside it. */
export type Lock = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Makes a lock whose names are its own. */
export function createLock(): Lock {
  const last = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const before = last.get(name) ?? Promise.resolve();
    const current = before.then(work, work);
    last.set(name, current);
    return current;
  };
}

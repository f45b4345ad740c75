/** How long the provider waits, and by which clock. */
export interface Patience {
  /** The first pause before something that should become right by itself is tried again, in milliseconds. */
  readonly pause: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** How often the provider tries before it gives up. */
const TRIES = 8;

/** Each pause is longer than the one before by this factor. */
const GROWTH = 1.5;

/** Much shorter pauses than the provider's, which give an org in the cloud ten seconds and more. */
export const shortPatience: Patience = {
  pause: 20,
  now: Date.now,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/**
 * Tries until it works, with growing pauses.
 *
 * @param passing whether the error may go away by itself; any other is thrown at once
 * @throws what the last try threw
 */
export async function tryAgain<Result>(
  { pause, sleep }: Patience,
  attempt: () => Promise<Result>,
  passing: (error: unknown) => boolean,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === TRIES || !passing(error)) throw error;
    }
    await sleep(pause * GROWTH ** (tries - 1));
  }
}

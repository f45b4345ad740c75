/** How far something is rotated, such as a secret or a key. */
export interface Rotation {
  /** Number of the one in use, from 1. */
  readonly number: number;
  /** Versions up to this number are not kept. It is below the one in use; 0 revokes none. */
  readonly revoked: number;
}

/** The existing versions of something that rotates. */
export interface Rotated<Item> {
  readonly current: Item;
  /** The previous one, valid until the next rotation; undefined before the first rotation, and when it is revoked. */
  readonly previous: Item | undefined;
}

/** Creates one for each number that should exist. */
export function rotated<Item>(
  { number, revoked }: Rotation,
  create: (number: number) => Item,
): Rotated<Item> {
  const before = number - 1;
  return { current: create(number), previous: before > revoked ? create(before) : undefined };
}

/** Maps each version. */
export function mapRotated<Item, Result>(
  { current, previous }: Rotated<Item>,
  change: (item: Item) => Result,
): Rotated<Result> {
  return { current: change(current), previous: previous === undefined ? undefined : change(previous) };
}

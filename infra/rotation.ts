/** Where something is that rotates, such as a secret or a key. */
export interface Rotation {
  /** Number of the one in use, from 1. */
  readonly number: number;
  /** Number up to which none is kept, below the one in use; 0 keeps what a rotation keeps. */
  readonly revoked: number;
}

/** What there is of something that rotates. */
export interface Rotated<Item> {
  readonly current: Item;
  /** The one before, which is good until the next rotation; undefined before the first, and when it is revoked. */
  readonly previous: Item | undefined;
}

/** Makes one for each number that is to be there. */
export function rotated<Item>(
  { number, revoked }: Rotation,
  create: (number: number) => Item,
): Rotated<Item> {
  const before = number - 1;
  return { current: create(number), previous: before > revoked ? create(before) : undefined };
}

/** Makes something of each, whatever its number. */
export function mapRotated<Item, Result>(
  { current, previous }: Rotated<Item>,
  change: (item: Item) => Result,
): Rotated<Result> {
  return { current: change(current), previous: previous === undefined ? undefined : change(previous) };
}

const format = new Intl.NumberFormat("en");

/** A number as people write it: 1,204. */
export function amount(count: number): string {
  return format.format(count);
}

/** A number of things: 1 event, 1,204 events. */
export function plural(count: number, thing: string): string {
  return `${amount(count)} ${thing}${count === 1 ? "" : "s"}`;
}

import fc from "fast-check";

/** One change of a text's bytes; the numbers are taken modulo what there is. */
interface Mutation {
  readonly kind: (typeof kinds)[number];
  readonly at: number;
  readonly length: number;
  readonly value: number;
}

const kinds = ["flip", "replace", "insert", "delete", "duplicate", "splice", "truncate"] as const;

/** Bytes that mean something in JSON, in UTF-8, in a path or in a log. */
const significant = Buffer.from('{}[]":,\\/.0-eE+tfn \n\r\t\0%\x7f\x80\xc0\xed\xf4\xff', "latin1");

/** A few changes, most often one. */
export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    at: fc.nat(1_000_000),
    length: fc.integer({ min: 1, max: 64 }),
    value: fc.nat(255),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Applies changes one after the other. @param other what is spliced in comes from there */
export function mutate(bytes: Buffer, changes: readonly Mutation[], other: Buffer): Buffer {
  return changes.reduce((now, change) => apply(now, change, other), bytes);
}

function apply(bytes: Buffer, { kind, at, length, value }: Mutation, other: Buffer): Buffer {
  if (bytes.length === 0) return bytes;
  const start = at % bytes.length;
  const end = start + length;
  const join = (...middle: readonly Uint8Array[]) =>
    Buffer.concat([bytes.subarray(0, start), ...middle, bytes.subarray(kind === "insert" ? start : end)]);
  switch (kind) {
    case "flip":
      return Buffer.from(bytes.with(start, (bytes[start] ?? 0) ^ (1 << (value % 8))));
    case "replace":
      return Buffer.from(bytes.with(start, significant[value % significant.length] ?? 0));
    case "insert":
      return join(Buffer.alloc(1 + (length % 4), significant[value % significant.length]));
    case "delete":
      return join();
    case "duplicate":
      return join(bytes.subarray(start, end), bytes.subarray(start, end));
    case "splice": {
      const from = (at * 31 + value) % other.length;
      return join(other.subarray(from, from + length));
    }
    case "truncate":
      return bytes.subarray(0, start);
  }
}

import type { Canary, Kind } from "./canaries.ts";
import { encodingsOf } from "./encodings.ts";

/** Something that was written or printed, under the name of where that was. */
export interface Place {
  readonly name: string;
  readonly content: Buffer | string;
}

/** A canary in a place. */
export interface Finding {
  readonly place: string;
  readonly kind: Kind;
  readonly encoding: string;
  /** What stands before it, on its line; the canary itself is not shown. */
  readonly before: string;
}

interface Needle {
  readonly kind: Kind;
  readonly encoding: string;
  readonly bytes: Buffer;
}

/** A place is read once, however much is looked for: each four bytes are looked up among the beginnings of all needles. */
const KEY_BITS = 20;
const keyOf = (word: number) => Math.imul(word, 0x9e3779b1) >>> (32 - KEY_BITS);

/** Every canary in every place, in any encoding. */
export function walk(places: Iterable<Place>, canaries: readonly Canary[]): Finding[] {
  const needles = indexed(canaries);
  const known = new Uint8Array(1 << KEY_BITS);
  for (const key of needles.keys()) known[key] = 1;
  const findings: Finding[] = [];
  for (const { name, content } of places) {
    const bytes = Buffer.from(content);
    let word = 0;
    for (let index = 0; index < bytes.length; index += 1) {
      word = (word >>> 8) | ((bytes[index] ?? 0) << 24);
      const key = keyOf(word);
      if (known[key] === 0) continue;
      const start = index - 3;
      for (const needle of needles.get(key) ?? []) {
        if (start < 0 || !bytes.subarray(start, start + needle.bytes.length).equals(needle.bytes)) continue;
        const { kind, encoding } = needle;
        const line = bytes.lastIndexOf("\n", start) + 1;
        findings.push({ place: name, kind, encoding, before: bytes.toString("utf8", line, start) });
      }
    }
  }
  return findings;
}

function indexed(canaries: readonly Canary[]): ReadonlyMap<number, readonly Needle[]> {
  const needles = new Map<number, Needle[]>();
  for (const { kind, pieces } of canaries) {
    for (const { encoding, bytes } of pieces.flatMap(encodingsOf)) {
      const key = keyOf(bytes.readInt32LE(0));
      needles.set(key, [...(needles.get(key) ?? []), { kind, encoding, bytes }]);
    }
  }
  return needles;
}

/** Findings in short, each once: `hook secret in state (plain)`. */
export function inShort(findings: readonly Finding[]): string[] {
  return [
    ...new Set(findings.map(({ place, kind, encoding }) => `${kind} in ${place} (${encoding})`)),
  ].sort();
}

import type { Fields } from "./fields.ts";

const KEY = /^\p{Ll}[\p{Ll}\p{N}_-]{0,62}$/u;
const VALUE = /^[\p{Ll}\p{N}_-]{0,63}$/u;

/** Reads `labels` and checks them (Google Cloud, Requirements for labels): at most 64, lower case, 63 characters. */
export function readLabels(from: Fields): Readonly<Record<string, string>> {
  const labels = from.strings("labels");
  const entries = Object.entries(labels);
  if (entries.length > 64) throw from.invalid("labels", "more than 64 labels");
  for (const [key, value] of entries) {
    if (!KEY.test(key)) {
      throw from.invalid(
        `labels.${key}`,
        "a key has lower-case letters, digits, _ and -, 63 at most, a letter first",
      );
    }
    if (!VALUE.test(value)) {
      throw from.invalid(`labels.${key}`, "a value has lower-case letters, digits, _ and -, 63 at most");
    }
  }
  return labels;
}

import type { Fields } from "./fields.ts";

const KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;

/**
 * Reads `labels` and checks them (Google Cloud, Requirements for labels): at most 64, lower case, 63 characters.
 *
 * @decision A resource has up to 64 labels, of 63 characters each: lower-case and international letters, digits, _
 * and -, the key beginning with a letter. Others are refused with 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/resources.proto,
 * Secret.labels: \p{Ll}\p{Lo}{0,62} for keys, [\p{Ll}\p{Lo}\p{N}_-]{0,63} for values, "No more than 64 labels"; Cloud
 * KMS, "Labeling keys" (https://cloud.google.com/kms/docs/labeling-keys).
 * @matters deployment fails: the stack's labels are set on what has them.
 */
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

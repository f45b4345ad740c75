import { type Fields, optionalDuration } from "./fields.ts";
import { readLabels } from "./labels.ts";

/** What can be told, and later changed, of a secret (Secret Manager, REST reference v1: projects.secrets). */
export const secretSettings: readonly string[] = [
  "labels",
  "annotations",
  "rotation",
  "topics",
  "ttl",
  "expireTime",
  "versionAliases",
  "versionDestroyTtl",
];

/** Reads the settings of a secret; a time to live becomes the time at which it expires. */
export function readSecretSettings(body: Fields): Readonly<Record<string, unknown>> {
  const ttl = optionalDuration(body, "ttl");
  const others = secretSettings.filter((key) => key !== "ttl" && body.has(key));
  return {
    ...Object.fromEntries(others.map((key) => [key, body.raw[key]])),
    ...(ttl === undefined ? {} : { expireTime: new Date(Date.now() + ttl).toISOString() }),
    labels: readLabels(body),
  };
}

import { invalidField } from "../errors.ts";

/** A secret's version that becomes an environment variable. */
export interface SecretVariable {
  readonly key: string;
  /** The secret's id. */
  readonly secret: string;
  /** A number, or latest. */
  readonly version: string;
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MAXIMUM_BYTES = 32 * 1024;

/**
 * Checks the name of a variable. @throws GoogleError when it is none, or one of those that the service sets itself
 *
 * @decision The names of some variables are reserved, and refused with 400.
 * @evidence recorded: hashicorp/terraform-provider-google#26877, for PORT on Cloud Run, and #18408 for functions.
 * documentation: Cloud Run, "Environment variables"
 * (https://cloud.google.com/run/docs/configuring/services/overview-environment-variables): the list, and X_GOOGLE_.
 * @matters deployment fails: the program uses none of them.
 */
export function checkVariable(name: string, field: string, reserved: ReadonlySet<string>): void {
  if (!VARIABLE.test(name)) throw invalidField(field, "is not a name for an environment variable");
  if (reserved.has(name) || name.startsWith("X_GOOGLE_")) throw invalidField(field, "is a reserved name");
}

/**
 * Checks the size of all variables. @throws GoogleError when they are too large together
 *
 * @decision The environment variables of an instance have 32 KiB together; more is refused with 400.
 * @evidence documentation: Cloud Run, "Environment variables"
 * (https://cloud.google.com/run/docs/configuring/services/overview-environment-variables): 32 KiB. Counted here as
 * the bytes of names and values.
 * @matters deployment fails: the rules of very many groups would not fit.
 */
export function checkSize(variables: Readonly<Record<string, string>>, field: string): void {
  const bytes = Object.entries(variables).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (bytes > MAXIMUM_BYTES) throw invalidField(field, "together over 32 KiB");
}

/**
 * Checks the version of a secret. @throws GoogleError when it is none
 *
 * @decision A variable takes a secret's version by its number or as latest; else it is refused with 400. Here aliases of
 * versions are not known.
 * @evidence documentation: google.golang.org/api v0.290.0, run/v2/run-api.json, SecretKeySelector.version; googleapis/googleapis
 * f8291d2, google/cloud/functions/v2/functions.proto, SecretEnvVar.version.
 * @matters deployment fails: the program gives the number.
 */
export function checkVersion(version: string, field: string): void {
  if (!/^(latest|[1-9]\d*)$/.test(version)) throw invalidField(field, "must be a number or latest");
}

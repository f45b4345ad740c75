import * as pulumi from "@pulumi/pulumi";
import { DeploymentError } from "../errors.ts";

/** What was declared of a resource, as far as it is compared. */
export interface Declared {
  readonly [key: string]: DeclaredValue;
}

/** A value, or several by their names or in their order. */
type DeclaredValue = string | number | boolean | Declared | readonly DeclaredValue[];

/** The sizes of units: of memory, of parts of a CPU, of time. */
const UNITS = new Map([
  ["", 1],
  ["m", 0.001],
  ["s", 1],
  ["k", 1000],
  ["M", 1000 ** 2],
  ["G", 1000 ** 3],
  ["Ki", 1024],
  ["Mi", 1024 ** 2],
  ["Gi", 1024 ** 3],
]);

/**
 * The paths at which a cloud's answer differs from what was declared. After an update that failed, Pulumi's state has what was
 * declared, and the next update reads the cloud, changes nothing and succeeds; only this comparison finds the difference.
 *
 * Fields that only one side has are not compared. A number in another unit, and an address with a slash at its end, are equal.
 */
export function differing(
  declared: Declared | readonly DeclaredValue[],
  answered: unknown,
  path = "",
): readonly string[] {
  if (typeof answered !== "object" || answered === null) return [];
  return Object.entries(declared).flatMap(([key, value]) => {
    const held: unknown = Reflect.get(answered, key);
    const place = path === "" ? key : `${path}.${key}`;
    if (typeof value === "object") return differing(value, held, place);
    return held === undefined || held === null || isSame(value, held) ? [] : [place];
  });
}

/**
 * A value of a resource, available only if the cloud has the resource as declared; a preview does not compare.
 *
 * @param what such as `queue memberships`, for the message
 * @param paths where the resource is not as declared
 * @throws DeploymentError in the output, when there are any
 */
export function whenAsDeclared<T>(
  what: string,
  value: pulumi.Output<T>,
  paths: pulumi.Output<readonly string[]>,
): pulumi.Output<T> {
  if (pulumi.runtime.isDryRun()) return value;
  return paths.apply((places) => {
    if (places.length === 0) return value;
    throw new DeploymentError(
      "not-updated",
      `The ${what} has its previous settings: its last update failed, or did not include it (--target). ` +
        `Not as declared: ${places.join(", ")}. Run: pulumi up --refresh`,
    );
  });
}

function isSame(declared: string | number | boolean, held: unknown): boolean {
  if (declared === held) return true;
  const [one, other] = [String(declared), String(held)];
  const [amount, otherAmount] = [amountOf(one), amountOf(other)];
  // A thousand times a fraction is that amount only nearly: 0.086 is not 86 * 0.001.
  return (
    one.replace(/\/$/, "") === other.replace(/\/$/, "") ||
    Math.abs(amount - otherAmount) <= 1e-9 * Math.abs(amount)
  );
}

/** NaN for what is not an amount, which is the same as nothing. */
function amountOf(text: string): number {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(text) ?? [];
  const size = UNITS.get(unit);
  return digits === "" || size === undefined ? Number.NaN : Number(digits) * size;
}

import { isObject } from "../function/shared/json.ts";
import { isPrivateWay } from "./addresses.ts";
import { cronFault } from "./cron.ts";
import type { ReportFault } from "./errors.ts";

/** A kind of setting: its types, what it allows, and the check of a value. */
export interface Kind<Value> {
  /** The type in Pulumi.yaml; a list or a map comes from there as JSON. */
  readonly type: "array" | "boolean" | "integer" | "object" | "string";
  /** The type in the component's arguments, within `pulumi.Input`. */
  readonly typescript: string;
  /** What a value must be, as it stands after "must be" in an error, and in the documentation. */
  readonly allowed: string;
  /** Gives the value back as the program uses it; undefined after it reported a fault. */
  readonly check: (value: unknown, setting: string, fault: ReportFault) => Value | undefined;
}

/** A kind that is checked as a whole. @param read undefined for what is not allowed */
function kind<Value>(
  type: "boolean" | "integer" | "string",
  allowed: string,
  read: (value: unknown) => Value | undefined,
  typescript: string = type === "integer" ? "number" : type,
): Kind<Value> {
  const check: Kind<Value>["check"] = (value, setting, fault) => {
    const result = read(value);
    if (result === undefined) fault(setting, value, `it must be ${allowed}.`);
    return result;
  };
  return { type, typescript, allowed, check };
}

export const boolean = kind("boolean", "true or false", (value) =>
  typeof value === "boolean" ? value : undefined,
);

/** A whole number in a range. */
export function integer(minimum: number, maximum: number): Kind<number> {
  return kind("integer", `a whole number from ${minimum} to ${maximum}`, (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum
      ? value
      : undefined,
  );
}

/** One of some words. @param typescript the name of their type */
export function word<const Word extends string>(words: readonly Word[], typescript: string): Kind<Word> {
  return kind("string", words.join(" or "), (value) => words.find((one) => one === value), typescript);
}

/** Numbers with a unit. */
const amounts = {
  seconds: { pattern: /^\d+(\.\d{1,9})?s$/, unit: "s", name: "seconds followed by s" },
  wholeSeconds: { pattern: /^\d+s$/, unit: "s", name: "whole seconds followed by s" },
  days: { pattern: /^\d+d$/, unit: "d", name: "whole days followed by d" },
};

/** Such as `1.5s`, `600s` or `30d`. */
export function amount(of: keyof typeof amounts, minimum: number, maximum: number): Kind<string> {
  const { pattern, unit, name } = amounts[of];
  return kind("string", `${name}, from ${minimum}${unit} to ${maximum}${unit}`, (value) => {
    const number = typeof value === "string" && pattern.test(value) ? numberOf(value) : Number.NaN;
    return number >= minimum && number <= maximum ? `${number}${unit}` : undefined;
  });
}

/** The same, and empty text. */
export function orEmpty({ allowed, check }: Kind<string>): Kind<string> {
  return kind("string", `${allowed}; or empty`, (value) =>
    value === "" ? "" : check(value, "", () => undefined),
  );
}

/** The number of a setting that has its unit with it, such as `600s` or `30d`. */
export function numberOf(value: string): number {
  return Number.parseFloat(value);
}

/** When something happens. */
export const schedule: Kind<string> = {
  type: "string",
  typescript: "string",
  allowed: "five cron fields, for example */5 * * * *",
  check(value, setting, fault) {
    const remedy = cronFault(typeof value === "string" ? value : "");
    if (remedy === undefined) return String(value);
    fault(setting, value, remedy);
    return undefined;
  },
};

/** CPUs of an instance; `cpuFault` says which concurrency they allow. */
export const cpu = kind(
  "string",
  '"1", "2", "4", "6", "8" or a fraction from "0.08", for example "0.5"',
  (value) => {
    const number = typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
    return [1, 2, 4, 6, 8].includes(number) || (number >= 0.08 && number < 1) ? String(value) : undefined;
  },
);

/** Why an instance can't take so many requests at once (Google Cloud, "Configure CPU limits for services"). */
export function cpuFault(cpus: string, concurrency: number): string | undefined {
  if (Number(cpus) >= 1 || concurrency === 1) return undefined;
  return `Cloud Run allows only one request at a time below one CPU, and the concurrency is ${concurrency}. It must be "1" or more.`;
}

/** Memory of an instance; `memoryFault` says how much its CPUs allow. */
export const memory = kind(
  "string",
  "a whole number followed by Mi or Gi, from 128Mi to 32Gi, for example 512Mi",
  (value) => {
    const mebibytes = typeof value === "string" ? mebibytesOf(value) : Number.NaN;
    return mebibytes >= 128 && mebibytes <= 32 * 1024 ? String(value) : undefined;
  },
);

/** The number of mebibytes of an amount of memory, such as 1024 for 1Gi; NaN where it is malformed. */
export function mebibytesOf(text: string): number {
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(text) ?? [];
  return Number(number) * (unit === "Gi" ? 1024 : 1);
}

/** Why an instance with so many CPUs can't have so much memory. */
export function memoryFault(text: string, cpus: string): string | undefined {
  const [least, most] = memoryRange(Number(cpus));
  const mebibytes = mebibytesOf(text);
  if (mebibytes >= least && mebibytes <= most) return undefined;
  return `it must be from ${least}Mi to ${most}Mi with ${cpus} CPU. Change one of them.`;
}

/** In mebibytes (Google Cloud, "Configure memory limits for services": CPU and memory). */
function memoryRange(cpus: number): readonly [number, number] {
  if (cpus < 0.5) return [128, 512];
  if (cpus < 1) return [128, 1024];
  if (cpus <= 1) return [128, 4 * 1024];
  if (cpus <= 2) return [128, 8 * 1024];
  if (cpus <= 4) return [2 * 1024, 16 * 1024];
  if (cpus <= 6) return [4 * 1024, 24 * 1024];
  return [4 * 1024, 32 * 1024];
}

/** Okta, "Event Hooks Management API": a channel's uri. */
const MAXIMUM_ADDRESS_LENGTH = 1024;

/** An address that Okta can deliver to, or nothing. */
export const hookAddress = kind(
  "string",
  `an https address without a user name, a password or a #, of at most ${MAXIMUM_ADDRESS_LENGTH} characters, for example https://sign-ins.acme.com; or empty`,
  (value) => (typeof value === "string" && (value === "" || isHookAddress(value)) ? value : undefined),
);

function isHookAddress(address: string): boolean {
  const url = URL.parse(address);
  if (url === null || !isPrivateWay(address) || url.username !== "" || url.password !== "") return false;
  return !/[\s#]/.test(address) && address.length <= MAXIMUM_ADDRESS_LENGTH;
}

/** Google Cloud takes 64 labels a resource, of which the program itself sets some. */
const MAXIMUM_LABELS = 60;

/** Labels of resources (Google Cloud, "Requirements for labels"). */
export const labels: Kind<Readonly<Record<string, string>>> = {
  type: "object",
  typescript: "Record<string, pulumi.Input<string>>",
  allowed: `at most ${MAXIMUM_LABELS} names and texts of up to 63 lower-case letters, digits, - and _, for example {cost-center: "42"}`,
  check(value, setting, fault) {
    if (!isObject(value)) {
      fault(setting, value, 'it must be a map of names to texts, for example {cost-center: "42"}.');
      return undefined;
    }
    const result: Record<string, string> = {};
    for (const [name, text] of Object.entries(value)) {
      const place = `${setting}.${name}`;
      if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
        const remedy =
          "its name must be up to 63 lower-case letters, digits, - and _, a letter first, for example cost-center.";
        fault(place, text, remedy);
      } else if (typeof text !== "string" || !/^[a-z0-9_-]{0,63}$/.test(text)) {
        fault(
          place,
          text,
          'it must be text of up to 63 lower-case letters, digits, - and _, for example "42".',
        );
      } else {
        result[name] = text;
      }
    }
    if (Object.keys(value).length > MAXIMUM_LABELS)
      fault(
        setting,
        undefined,
        `they must be at most ${MAXIMUM_LABELS}: Google Cloud takes 64, and 4 are in use.`,
      );
    return result;
  },
};

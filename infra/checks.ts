import { isPrivateWay } from "./addresses.ts";
import { cronFault } from "./cron.ts";
import type { ReportFault } from "./faults.ts";

/** Checks of single settings. Each answers the value, or after it reported a fault some value that is none. */
export interface Checks {
  boolean(setting: string): boolean;
  integer(setting: string, minimum: number, maximum: number): number;
  /** One of some words. */
  word<Word extends string>(setting: string, words: readonly [Word, ...Word[]]): Word;
  /** Such as `1.5s`. */
  seconds(setting: string, minimum: number, maximum: number): string;
  /** Such as `600s`. */
  wholeSeconds(setting: string, minimum: number, maximum: number): string;
  /** Such as `30d`. */
  days(setting: string, minimum: number, maximum: number): string;
  /** Five cron fields. */
  schedule(setting: string): string;
  /** CPUs of an instance that takes so many requests at once. */
  cpu(setting: string, concurrency: number): string;
  /** Memory of an instance that has so many CPUs. */
  memory(setting: string, cpu: string): string;
  /** An address that Okta can deliver to, or nothing. */
  address(setting: string): string;
  labels(setting: string): Readonly<Record<string, string>>;
}

/** Numbers with a unit. */
const amounts = {
  seconds: { pattern: /^\d+(\.\d{1,9})?s$/, unit: "s", name: "seconds with an s" },
  wholeSeconds: { pattern: /^\d+s$/, unit: "s", name: "whole seconds with an s" },
  days: { pattern: /^\d+d$/, unit: "d", name: "whole days with a d" },
};

/** Makes the checks for some values. */
export function createChecks(values: Readonly<Record<string, unknown>>, fault: ReportFault): Checks {
  const amount = (setting: string, kind: keyof typeof amounts, minimum: number, maximum: number) => {
    const value = values[setting];
    const { pattern, unit, name } = amounts[kind];
    const number = typeof value === "string" && pattern.test(value) ? Number.parseFloat(value) : Number.NaN;
    if (number >= minimum && number <= maximum) return `${number}${unit}`;
    fault(setting, value, `write ${name}, from ${minimum}${unit} to ${maximum}${unit}.`);
    return `${minimum}${unit}`;
  };
  return {
    boolean(setting) {
      const value = values[setting];
      if (typeof value !== "boolean") fault(setting, value, "write true or false.");
      return value === true;
    },
    integer(setting, minimum, maximum) {
      const value = values[setting];
      if (typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum)
        return value;
      fault(setting, value, `write a whole number from ${minimum} to ${maximum}.`);
      return minimum;
    },
    word(setting, words) {
      const value = values[setting];
      const word = words.find((one) => one === value);
      if (word === undefined) fault(setting, value, `write ${words.join(" or ")}.`);
      return word ?? words[0];
    },
    seconds: (setting, minimum, maximum) => amount(setting, "seconds", minimum, maximum),
    wholeSeconds: (setting, minimum, maximum) => amount(setting, "wholeSeconds", minimum, maximum),
    days: (setting, minimum, maximum) => amount(setting, "days", minimum, maximum),
    schedule(setting) {
      const value = values[setting];
      const remedy = cronFault(typeof value === "string" ? value : "");
      if (remedy !== undefined) fault(setting, value, remedy);
      return String(value);
    },
    cpu(setting, concurrency) {
      const value = values[setting];
      const number = typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
      if ([1, 2, 4, 6, 8].includes(number)) return String(value);
      if (!(number >= 0.08 && number < 1)) {
        fault(setting, value, 'write "1", "2", "4", "6" or "8", or a fraction such as "0.5", as text.');
        return "1";
      }
      if (concurrency > 1) {
        const remedy = `Cloud Run takes one request at a time below one CPU, and ${concurrency} are wanted. Write "1".`;
        fault(setting, value, remedy);
      }
      return String(value);
    },
    memory(setting, cpu) {
      const value = values[setting];
      const match = typeof value === "string" ? /^(\d+)(Mi|Gi)$/.exec(value) : null;
      const mebibytes = match ? Number(match[1]) * (match[2] === "Gi" ? 1024 : 1) : Number.NaN;
      const [least, most] = memoryRange(Number(cpu));
      if (!(mebibytes >= 128 && mebibytes <= 32 * 1024)) {
        fault(
          setting,
          value,
          "write a whole number with Mi or Gi, such as 512Mi or 1Gi, from 128Mi to 32Gi.",
        );
      } else if (mebibytes < least || mebibytes > most) {
        fault(setting, value, `Cloud Run gives ${least}Mi to ${most}Mi to ${cpu} CPU. Change one of them.`);
      }
      return String(value);
    },
    address(setting) {
      const value = values[setting];
      if (value === "" || (typeof value === "string" && isHookAddress(value))) return value;
      const remedy = `write an https address without a name or a password in it, of ${MAXIMUM_ADDRESS_LENGTH} characters at most, or leave it out.`;
      fault(setting, value, remedy);
      return "";
    },
    labels: (setting) => checkLabels(setting, values[setting], fault),
  };
}

/** Okta, "Event Hooks Management API": a channel's uri. */
const MAXIMUM_ADDRESS_LENGTH = 1024;

function isHookAddress(address: string): boolean {
  const url = URL.parse(address);
  if (url === null || !isPrivateWay(address) || url.username !== "" || url.password !== "") return false;
  return !/[\s#]/.test(address) && address.length <= MAXIMUM_ADDRESS_LENGTH;
}

/** In mebibytes (Google Cloud, "Configure memory limits for services": CPU and memory). */
function memoryRange(cpu: number): readonly [number, number] {
  if (cpu < 0.5) return [128, 512];
  if (cpu < 1) return [128, 1024];
  if (cpu <= 1) return [128, 4 * 1024];
  if (cpu <= 2) return [128, 8 * 1024];
  if (cpu <= 4) return [2 * 1024, 16 * 1024];
  if (cpu <= 6) return [4 * 1024, 24 * 1024];
  return [4 * 1024, 32 * 1024];
}

/** Google Cloud, "Requirements for labels". */
function checkLabels(setting: string, value: unknown, fault: ReportFault): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fault(setting, value, "write a map of names to texts.");
    return {};
  }
  const labels: Record<string, string> = {};
  for (const [name, text] of Object.entries(value)) {
    if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
      fault(
        `${setting}.${name}`,
        text,
        "a label's name is up to 63 lower-case letters, digits, - and _, a letter first.",
      );
    } else if (typeof text !== "string" || !/^[a-z0-9_-]{0,63}$/.test(text)) {
      fault(`${setting}.${name}`, text, "a label's text is up to 63 lower-case letters, digits, - and _.");
    } else {
      labels[name] = text;
    }
  }
  if (Object.keys(value).length > 60)
    fault(setting, undefined, "Google Cloud takes 64 labels, and 4 are in use.");
  return labels;
}

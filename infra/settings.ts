import { ConfigurationError, type Fault, type ReportFault } from "./faults.ts";
import { checkRules, type GroupRule } from "./rules.ts";

/** All that can be chosen about an integration besides where it lives. */
export interface Settings {
  /** Who gets into which group, on what event. */
  readonly rules: readonly GroupRule[];
  /** Refuse to delete the groups that the stack made. */
  readonly protectGroups: boolean;
  /** Number of the hook secret, from 1. The one before it is accepted too. */
  readonly hookSecretRotation: number;
  /** Number of the signing key, from 1. */
  readonly signingKeyRotation: number;
  readonly signingKeyProtection: "SOFTWARE" | "HSM";
  /** Such as `512Mi` or `1Gi`. */
  readonly receiveMemory: string;
  /** Such as `1` or `2`; below 1 only without concurrency. */
  readonly receiveCpu: string;
  readonly receiveConcurrency: number;
  readonly receiveTimeoutSeconds: number;
  readonly receiveMinInstances: number;
  readonly receiveMaxInstances: number;
  readonly grantMemory: string;
  readonly grantCpu: string;
  readonly grantConcurrency: number;
  readonly grantTimeoutSeconds: number;
  readonly grantMinInstances: number;
  readonly queueDispatchesPerMinute: number;
  readonly queueConcurrentDispatches: number;
  /** In seconds with the unit, such as `5s`; so are the next two. */
  readonly queueMinBackoff: string;
  readonly queueMaxBackoff: string;
  readonly queueRetryDuration: string;
  readonly receiverWaitSeconds: number;
  readonly imagesToKeep: number;
  /** Labels of Google Cloud resources. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What suits a company of 5,000. Pulumi.yaml states the same for people to read. */
export const defaultSettings: Settings = {
  rules: [{ group: "App Users", on: ["user.session.start"] }],
  protectGroups: false,
  hookSecretRotation: 1,
  signingKeyRotation: 1,
  signingKeyProtection: "SOFTWARE",
  receiveMemory: "512Mi",
  receiveCpu: "1",
  receiveConcurrency: 80,
  receiveTimeoutSeconds: 10,
  receiveMinInstances: 1,
  receiveMaxInstances: 10,
  grantMemory: "512Mi",
  grantCpu: "1",
  grantConcurrency: 20,
  grantTimeoutSeconds: 60,
  grantMinInstances: 0,
  queueDispatchesPerMinute: 240,
  queueConcurrentDispatches: 10,
  queueMinBackoff: "5s",
  queueMaxBackoff: "600s",
  queueRetryDuration: "604800s",
  receiverWaitSeconds: 300,
  imagesToKeep: 5,
  labels: {},
};

/**
 * Checks settings in one go. No provider plugin checks memory, CPU, durations, labels, rates or numbers of instances:
 * what is wrong there would fail in the middle of an update, or not at all.
 *
 * @param given what was set; the defaults fill in the rest
 * @throws ConfigurationError with every mistake
 */
export function checkSettings(given: Readonly<Record<string, unknown>>): Settings {
  const faults: Fault[] = [];
  const values: Readonly<Record<string, unknown>> = { ...defaultSettings, ...withoutUndefined(given) };
  const fault: ReportFault = (setting, value, remedy) => void faults.push({ setting, value, remedy });

  for (const setting of Object.keys(given)) {
    if (!(setting in defaultSettings)) {
      fault(
        setting,
        given[setting],
        `there is no such setting. There are ${Object.keys(defaultSettings).join(", ")}.`,
      );
    }
  }

  const integer = (setting: keyof Settings, minimum: number, maximum: number): number => {
    const value = values[setting];
    if (typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum)
      return value;
    fault(setting, value, `write a whole number from ${minimum} to ${maximum}.`);
    return minimum;
  };
  const boolean = (setting: keyof Settings): boolean => {
    const value = values[setting];
    if (typeof value !== "boolean") fault(setting, value, "write true or false.");
    return value === true;
  };
  const duration = (setting: keyof Settings, minimum: number, maximum: number): string => {
    const value = values[setting];
    const seconds =
      typeof value === "string" && /^\d+(\.\d{1,9})?s$/.test(value) ? Number(value.slice(0, -1)) : Number.NaN;
    if (seconds >= minimum && seconds <= maximum) return `${seconds}s`;
    fault(setting, value, `write seconds with an s, from ${minimum}s to ${maximum}s.`);
    return `${minimum}s`;
  };
  const cpu = (setting: keyof Settings, concurrency: number): string => {
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
  };
  const memory = (setting: keyof Settings, cpuText: string): string => {
    const value = values[setting];
    const match = typeof value === "string" ? /^(\d+)(Mi|Gi)$/.exec(value) : null;
    const mebibytes = match ? Number(match[1]) * (match[2] === "Gi" ? 1024 : 1) : Number.NaN;
    const [least, most] = memoryRange(Number(cpuText));
    if (!(mebibytes >= 128 && mebibytes <= 32 * 1024)) {
      fault(setting, value, "write a whole number with Mi or Gi, such as 512Mi or 1Gi, from 128Mi to 32Gi.");
    } else if (mebibytes < least || mebibytes > most) {
      fault(setting, value, `Cloud Run gives ${least}Mi to ${most}Mi to ${cpuText} CPU. Change one of them.`);
    }
    return String(value);
  };

  const rules = checkRules(values["rules"], fault);
  const receiveConcurrency = integer("receiveConcurrency", 1, 1000);
  const grantConcurrency = integer("grantConcurrency", 1, 1000);
  const receiveCpu = cpu("receiveCpu", receiveConcurrency);
  const grantCpu = cpu("grantCpu", grantConcurrency);
  const protection = values["signingKeyProtection"];
  if (protection !== "SOFTWARE" && protection !== "HSM") {
    fault("signingKeyProtection", protection, "write SOFTWARE or HSM.");
  }
  const settings: Settings = {
    rules,
    protectGroups: boolean("protectGroups"),
    hookSecretRotation: integer("hookSecretRotation", 1, 1_000_000),
    signingKeyRotation: integer("signingKeyRotation", 1, 1_000_000),
    signingKeyProtection: protection === "HSM" ? "HSM" : "SOFTWARE",
    receiveMemory: memory("receiveMemory", receiveCpu),
    receiveCpu,
    receiveConcurrency,
    receiveTimeoutSeconds: integer("receiveTimeoutSeconds", 3, 3600),
    receiveMinInstances: integer("receiveMinInstances", 0, 100),
    receiveMaxInstances: integer("receiveMaxInstances", 1, 100),
    grantMemory: memory("grantMemory", grantCpu),
    grantCpu,
    grantConcurrency,
    // Cloud Tasks waits 30 minutes at most.
    grantTimeoutSeconds: integer("grantTimeoutSeconds", 30, 1800),
    grantMinInstances: integer("grantMinInstances", 0, 1),
    queueDispatchesPerMinute: integer("queueDispatchesPerMinute", 1, 30_000),
    queueConcurrentDispatches: integer("queueConcurrentDispatches", 1, 1000),
    queueMinBackoff: duration("queueMinBackoff", 0.1, 3600),
    queueMaxBackoff: duration("queueMaxBackoff", 1, 86_400),
    queueRetryDuration: duration("queueRetryDuration", 3 * 86_400, 30 * 86_400),
    receiverWaitSeconds: integer("receiverWaitSeconds", 10, 3600),
    imagesToKeep: integer("imagesToKeep", 1, 100),
    labels: checkLabels(values["labels"], fault),
  };

  if (settings.receiveMinInstances > settings.receiveMaxInstances) {
    fault(
      "receiveMinInstances",
      settings.receiveMinInstances,
      "it is more than receiveMaxInstances. Lower it.",
    );
  }
  if (settings.queueConcurrentDispatches > settings.grantConcurrency) {
    fault(
      "queueConcurrentDispatches",
      settings.queueConcurrentDispatches,
      `grant's one instance takes ${settings.grantConcurrency} at once (grantConcurrency). Lower it.`,
    );
  }
  if (seconds(settings.queueMinBackoff) > seconds(settings.queueMaxBackoff)) {
    fault("queueMinBackoff", settings.queueMinBackoff, "it is more than queueMaxBackoff. Lower it.");
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return settings;
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
function checkLabels(value: unknown, fault: ReportFault): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fault("labels", value, "write a map of names to texts.");
    return {};
  }
  const labels: Record<string, string> = {};
  for (const [name, text] of Object.entries(value)) {
    if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
      fault(
        `labels.${name}`,
        text,
        "a label's name is up to 63 lower-case letters, digits, - and _, a letter first.",
      );
    } else if (typeof text !== "string" || !/^[a-z0-9_-]{0,63}$/.test(text)) {
      fault(`labels.${name}`, text, "a label's text is up to 63 lower-case letters, digits, - and _.");
    } else {
      labels[name] = text;
    }
  }
  if (Object.keys(value).length > 60)
    fault("labels", undefined, "Google Cloud takes 64 labels, and 4 are in use.");
  return labels;
}

function seconds(duration: string): number {
  return Number(duration.slice(0, -1));
}

function withoutUndefined(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

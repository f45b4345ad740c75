const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1000,
  M: 1000 ** 2,
  G: 1000 ** 3,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
};
const MEBIBYTE = 1024 ** 2;
const GIBIBYTE = 1024 ** 3;
const WHOLE_CPUS = new Set([1, 2, 4, 6, 8]);
/** Least and most memory by whole CPUs, in GiB (Cloud Run, Configure CPU limits and memory limits). */
const MEMORY_OF_CPUS: Readonly<Record<number, readonly [number, number]>> = {
  1: [0.125, 4],
  2: [0.125, 8],
  4: [2, 16],
  6: [4, 24],
  8: [4, 32],
};

/** What is asked of an instance, in the words of the request. */
export interface Resources {
  /** Such as `512Mi`. */
  readonly memory: string;
  /** Such as `1` or `500m`; undefined leaves it to `defaultCpu`. */
  readonly cpu: string | undefined;
  /** The CPU that an amount of memory, in MiB, brings along where none is asked for. */
  defaultCpu(mebibytes: number): number;
  /** Requests at a time. */
  readonly concurrency: number;
  /** The error that names the field of the API. */
  invalid(part: "memory" | "cpu" | "concurrency", reason: string): Error;
}

/**
 * Checks memory, CPU and concurrency, each and together. @throws GoogleError naming the field that is wrong
 *
 * @decision More than one request at a time needs at least one CPU; up to 1000 are possible. Else it is refused with
 * 400.
 * @evidence recorded: nearform/slack-knowledgebase-chatgpt-responder#980: "Total cpu < 1 is not supported with
 * concurrency > 1." documentation: googleapis/googleapis f8291d2, google/cloud/functions/v2/functions.proto,
 * ServiceConfig.max_instance_request_concurrency: defaults to 1; the upper bound is from memory.
 * @matters deployment fails: the program sets CPU and concurrency together.
 */
export function checkResources(resources: Resources): void {
  const memory = readMemory(resources);
  const { cpu: text, concurrency } = resources;
  const cpu = text === undefined ? resources.defaultCpu(memory / MEBIBYTE) : readCpu(resources, text);
  if (text !== undefined) checkCombination(resources, cpu, memory);
  if (concurrency < 1 || concurrency > 1000) throw resources.invalid("concurrency", "must be from 1 to 1000");
  if (concurrency > 1 && cpu < 1) {
    throw resources.invalid("concurrency", `concurrency above 1 needs at least 1 CPU, there are ${cpu}`);
  }
}

/**
 * @decision Memory is a number with a unit, from 128Mi to 32Gi; else it is refused with 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/functions/v2/functions.proto,
 * ServiceConfig.available_memory: "Supported units are k, M, G, Mi, Gi"; the bounds: Cloud Run functions, "Configure
 * memory limits" (https://cloud.google.com/functions/docs/configuring/memory).
 * @matters deployment fails: the program checks its setting against the same form.
 */
function readMemory(resources: Resources): number {
  const text = resources.memory;
  const match = /^(\d+(?:\.\d+)?)(k|M|G|Ki|Mi|Gi)?$/.exec(text);
  if (!match) {
    throw resources.invalid("memory", `"${text}" is not a number with one of the units k, M, G, Mi, Gi`);
  }
  const bytes = Number(match[1]) * (UNITS[match[2] ?? ""] ?? 1);
  if (bytes < 128 * 1000 ** 2 || bytes > 32 * GIBIBYTE) {
    throw resources.invalid("memory", "must be from 128Mi to 32Gi");
  }
  return bytes;
}

/**
 * @decision An instance has a part of one CPU from 0.08, or 1, 2, 4, 6 or 8; else it is refused with 400.
 * @evidence documentation: Cloud Run, "Memory limits"
 * (https://cloud.google.com/run/docs/configuring/services/memory-limits), the table of CPUs and memory.
 * @matters deployment fails: the program checks its setting against the same values.
 */
function readCpu(resources: Resources, text: string): number {
  const cpu = /^\d+m$/.test(text) ? Number(text.slice(0, -1)) / 1000 : Number(text);
  if (!/^\d+(\.\d+)?$|^\d+m$/.test(text) || !(WHOLE_CPUS.has(cpu) || (cpu >= 0.08 && cpu < 1))) {
    throw resources.invalid("cpu", `"${text}" is none of 1, 2, 4, 6, 8, or a part of 1 from 0.08`);
  }
  return cpu;
}

/**
 * @decision CPU and memory must fit together; else it is refused with 400.
 * @evidence recorded: googleapis/repo-automation-bots#3875: "For 1.0 CPU, memory must be between 128Mi and 4Gi
 * inclusive." documentation: Cloud Run, "Memory limits"
 * (https://cloud.google.com/run/docs/configuring/services/memory-limits), for the other rows.
 * @matters deployment fails: the program checks its two settings against the same table.
 */
function checkCombination(resources: Resources, cpu: number, memory: number): void {
  /**
   * @own The error for a combination, which the lines below decide to throw.
   */
  const needs = (reason: string) => resources.invalid("cpu", reason);
  if (cpu < 0.5 && memory > 512 * MEBIBYTE) throw needs("more than 512Mi of memory needs at least 0.5 CPU");
  if (cpu < 1 && memory > GIBIBYTE) throw needs("more than 1Gi of memory needs at least 1 CPU");
  const bounds = MEMORY_OF_CPUS[cpu];
  if (!bounds) return;
  const [least, most] = bounds;
  // Decimal units are a little less than binary ones, so the least is compared in decimal.
  if (memory < least * 1000 ** 3 || memory > most * GIBIBYTE) {
    throw needs(`${cpu} CPU needs from ${least}Gi to ${most}Gi of memory`);
  }
}

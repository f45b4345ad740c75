/** What of a V8 CPU profile is looked at (Chrome DevTools Protocol, Profiler.Profile). */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Between the samples, in microseconds. */
  readonly timeDeltas: readonly number[];
}

/** Whose code a function is. */
export type Owner = "ours" | "packages" | "Node.js" | "garbage collection" | "native";

export interface ProfileSummary {
  /** CPU time in milliseconds, without what was idle. */
  readonly total: number;
  readonly byOwner: Readonly<Record<Owner, number>>;
  /** The most expensive of ours first, by the time that was spent in each itself, in milliseconds. */
  readonly ours: readonly { readonly name: string; readonly self: number }[];
}

/** @param folder where the function lies; its own files are ours, and what is in node_modules is not */
export function summarize({ nodes, samples, timeDeltas }: CpuProfile, folder: string): ProfileSummary {
  const self = new Map<number, number>();
  samples.forEach((id, index) => {
    self.set(id, (self.get(id) ?? 0) + Math.max(0, timeDeltas[index] ?? 0) / 1000);
  });
  const byOwner: Record<Owner, number> = {
    ours: 0,
    packages: 0,
    "Node.js": 0,
    "garbage collection": 0,
    native: 0,
  };
  const ours = new Map<string, number>();
  for (const { id, callFrame } of nodes) {
    const { functionName, url, lineNumber } = callFrame;
    const time = self.get(id) ?? 0;
    if (functionName === "(idle)" || functionName === "(root)") continue;
    const owner = ownerOf(functionName, url, folder);
    byOwner[owner] += time;
    if (owner !== "ours") continue;
    const file = url.slice(url.lastIndexOf("/") + 1);
    const name = `${functionName || "(anonymous)"} (${file}:${lineNumber + 1})`;
    ours.set(name, (ours.get(name) ?? 0) + time);
  }
  return {
    total: Object.values(byOwner).reduce((sum, time) => sum + time, 0),
    byOwner,
    ours: [...ours].map(([name, time]) => ({ name, self: time })).sort((one, other) => other.self - one.self),
  };
}

function ownerOf(functionName: string, url: string, folder: string): Owner {
  if (functionName === "(garbage collector)") return "garbage collection";
  if (url.startsWith("node:")) return "Node.js";
  if (url.includes("/node_modules/") || url.endsWith("/framework/main.cjs")) return "packages";
  if (url.includes(folder)) return "ours";
  return "native";
}

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How many bytes a list of members takes for each, measured on a map of ids like the one that `grant` keeps. */
export function bytesPerMember(members: number): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("The garbage collector can't be called here.");
  const used = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  // As they come out of parsed JSON.
  const ids = new Map<string, { readonly at: number }>();
  let sighting = { at: 0 };
  for (let index = 0; index < members; index += 1) {
    const { id }: { id: string } = JSON.parse(`{"id":"00u${String(index).padStart(17, "0")}"}`);
    if (index % 1000 === 0) sighting = { at: index };
    ids.set(id, sighting);
  }
  const bytes = (used() - before) / ids.size;
  return Math.round(bytes);
}

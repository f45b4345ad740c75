import { Environment } from "@marcbachmann/cel-js";
import type { Path } from "./syntax.ts";

/** A value that a field can be compared with. */
export type Value = string | boolean | number;

/** A field and what it holds. */
export interface Assignment {
  readonly path: Path;
  readonly value: Value;
}

/** Types were checked before, so nothing needs to be declared. */
const language = new Environment({ unlistedVariablesAreDyn: true });

const programs = new Map<string, (context: Readonly<Record<string, unknown>>) => unknown>();

/**
 * What an expression gives when its fields hold these values. Undefined when that fails, so whatever it would give in an
 * event remains open.
 */
export function evaluate(text: string, assignments: readonly Assignment[] = []): unknown {
  try {
    const program = programs.get(text) ?? language.parse(text);
    programs.set(text, program);
    return program(contextOf(assignments));
  } catch {
    return undefined;
  }
}

function contextOf(assignments: readonly Assignment[]): Record<string, unknown> {
  const context: Record<string, unknown> = {};
  for (const { path, value } of assignments) {
    let place = context;
    for (const name of path.slice(0, -1)) {
      // Made here, so an object of this kind; on a text, where one path goes on from the end of another, setting fails.
      place[name] ??= {};
      place = place[name] as Record<string, unknown>;
    }
    place[path.at(-1) ?? ""] = value;
  }
  return context;
}

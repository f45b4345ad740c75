import { fileURLToPath } from "node:url";
import type { Properties, Provider } from "../../../sandbox/deploy/handler.ts";
import { ProviderError } from "../../../sandbox/deploy/handler.ts";

/** A cloud in memory that makes things, and remembers what happened in which order. */
export interface Cloud {
  readonly providers: Readonly<Record<string, Provider>>;
  /** Such as `create first`, `created first`, `delete first`, `deleted first`. */
  readonly events: string[];
  /** The inputs of the things that exist, by name. */
  readonly things: Map<string, Properties>;
}

/** What a cloud does differently. */
export interface CloudOptions {
  /** Runs within a creation; what it throws fails the creation. */
  readonly onCreate?: (name: string, inputs: Properties) => unknown;
  /** Runs within a deletion; what it throws fails the deletion. */
  readonly onDelete?: (name: string) => unknown;
}

export function createCloud({ onCreate = () => {}, onDelete = () => {} }: CloudOptions = {}): Cloud {
  const events: string[] = [];
  const things = new Map<string, Properties>();
  const provider: Provider = {
    resources: {
      "test:index:Thing": {
        async create(name, inputs) {
          events.push(`create ${name}`);
          await onCreate(name, inputs);
          events.push(`created ${name}`);
          things.set(name, inputs);
          return { id: `id-${name}`, outputs: { ...inputs, serial: `serial-${name}` } };
        },
        async delete({ id }) {
          const name = id.replace("id-", "");
          events.push(`delete ${name}`);
          await onDelete(name);
          if (!things.delete(name)) throw new ProviderError(`${name} is not there`);
          events.push(`deleted ${name}`);
        },
      },
    },
    functions: {
      "test:index:lookUp": async ({ id }) => {
        if (id === "missing") throw new ProviderError("nothing has this id");
        return { id: id ?? null, colour: "red" };
      },
    },
  };
  return { providers: { test: provider }, events, things };
}

/** The folder of one of the programs beside this file. */
export function program(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
}

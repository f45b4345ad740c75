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
        schema: {
          inputs: {
            name: { type: "string", replaces: true },
            value: { type: "string" },
            serialOfFirst: { type: "string" },
            owner: { type: "string" },
            pid: { type: "integer" },
            size: { type: "integer", replaces: true },
            password: { type: "string", secret: true },
            beside: { type: "list", items: { type: "string" } },
            list: { type: "list", items: { type: "string" } },
            headers: { type: "map", items: { type: "string" } },
            more: { type: "object" },
            text: { type: "asset" },
            file: { type: "asset" },
            folder: { type: "asset" },
            archive: { type: "asset" },
          },
          autoName: { input: "name", maximum: 40 },
          secretOutputs: ["key"],
        },
        validate: ({ size }) => (size === 13 ? [{ property: "size", reason: "brings bad luck" }] : []),
        async create(properties) {
          const { name, inputs } = named(properties);
          events.push(`create ${name}`);
          await onCreate(name, inputs);
          events.push(`created ${name}`);
          things.set(name, inputs);
          return { id: `id-${name}`, outputs: { ...properties, ...computed(name) } };
        },
        async read({ id, outputs }) {
          const name = id.replace("id-", "");
          const inputs = things.get(name);
          return inputs && { id, outputs: { name: outputs["name"] ?? null, ...inputs, ...computed(name) } };
        },
        async update({ id }, properties) {
          const { name, inputs } = named(properties);
          events.push(`update ${name}`);
          things.set(name, inputs);
          return { id, outputs: { ...properties, ...computed(name) } };
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

/** What a thing has that nobody asks for. */
function computed(name: string): Properties {
  return { serial: `serial-${name}`, key: `key-${name}` };
}

/** The logical name, from which the automatic one is made, and the inputs without it. */
function named({ name = "", ...inputs }: Properties): { readonly name: string; readonly inputs: Properties } {
  return { name: String(name).replace(/-[0-9a-f]{7}$/, ""), inputs };
}

/** The folder of one of the programs next to this file. */
export function program(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
}

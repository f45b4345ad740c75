import * as pulumi from "@pulumi/pulumi";
import { isObject } from "../function/shared/json.ts";

/** What a preview doesn't know yet, in the place of the value. */
export const UNKNOWN = Symbol("known only during the update");

/** Inputs without the outputs in them. */
export interface ResolvedInputs {
  /** The values; `UNKNOWN` stands for each that a preview doesn't know, at its place in a list or an object. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The names of those that are secret, or hold a secret. */
  readonly secrets: ReadonlySet<string>;
  /** The resources that they come from. */
  readonly resources: readonly pulumi.Resource[];
}

/**
 * Waits for the values of inputs. Every value is known in an update; in a preview, those of resources that do not exist yet are not.
 *
 * @throws whatever an output or a promise among them is rejected with
 */
export async function resolveInputs(inputs: Readonly<Record<string, unknown>>): Promise<ResolvedInputs> {
  const secrets = new Set<string>();
  const resources = new Set<pulumi.Resource>();
  const entries = Object.entries(inputs).map(async ([name, input]) => {
    const value = await resolve(input, {
      secret: () => secrets.add(name),
      resource: (resource) => resources.add(resource),
    });
    return [name, value] as const;
  });
  const values = Object.fromEntries(await Promise.all(entries));
  return { values, secrets, resources: [...resources] };
}

/** Whether a preview doesn't know the value, or a part of it. */
export function isPartlyUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(isPartlyUnknown);
  return isObject(value) && Object.values(value).some(isPartlyUnknown);
}

/** Takes what is found on the way. */
interface Finds {
  readonly secret: () => void;
  readonly resource: (resource: pulumi.Resource) => void;
}

/** What an output has besides what its type shows (@pulumi/pulumi, output.ts: `OutputImpl`, marked as internal). */
interface OutputInternals {
  readonly isKnown: Promise<boolean>;
  readonly isSecret: Promise<boolean>;
  /** @param withUnknowns leaves what is unknown in its place */
  promise(withUnknowns: boolean): Promise<unknown>;
  allResources(): Promise<Iterable<pulumi.Resource>>;
}

async function resolve(input: unknown, finds: Finds): Promise<unknown> {
  if (pulumi.Output.isInstance(input)) {
    // Only these say whether a value is known, secret, and what it comes from.
    const output = input as unknown as OutputInternals;
    const [value, isKnown, isSecret, resources] = await Promise.all([
      output.promise(true),
      output.isKnown,
      output.isSecret,
      output.allResources(),
    ]);
    if (isSecret) finds.secret();
    for (const resource of resources) finds.resource(resource);
    if (!isKnown && !pulumi.containsUnknowns(value)) return UNKNOWN;
    return await resolve(value, finds);
  }
  if (input instanceof Promise) return await resolve(await input, finds);
  if (pulumi.isUnknown(input)) return UNKNOWN;
  if (Array.isArray(input)) return await Promise.all(input.map((item: unknown) => resolve(item, finds)));
  if (!isObject(input)) return input;
  const entries = Object.entries(input).map(
    async ([name, value]) => [name, await resolve(value, finds)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

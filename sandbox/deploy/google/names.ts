import { randomBytes } from "node:crypto";
import { ProviderError } from "../handler.ts";

/**
 * The name that the provider gives to what the program left unnamed: the resource's own name, a hyphen and seven
 * hexadecimal digits, its case kept (Pulumi, Resource names: autonaming).
 * @throws ProviderError when that is longer than the cloud allows
 */
export function autoName(name: string, maximum = 255): string {
  const named = `${name}-${randomBytes(4).toString("hex").slice(0, 7)}`;
  if (named.length > maximum) {
    throw new ProviderError(
      `"${name}" is too long to name a resource: with its suffix it passes ${maximum} characters.`,
    );
  }
  return named;
}

import { randomInt } from "node:crypto";
import { type Properties, type Provider, ProviderError, type ResourceHandler } from "./handler.ts";

const CLASSES = {
  lower: "abcdefghijklmnopqrstuvwxyz",
  upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  numeric: "0123456789",
  special: "!@#$%&*()-_=+[]{}<>:?",
} as const;
const MINIMUM = {
  lower: "minLower",
  upper: "minUpper",
  numeric: "minNumeric",
  special: "minSpecial",
} as const;
type CharacterClass = keyof typeof CLASSES;
const NAMES: readonly CharacterClass[] = ["lower", "upper", "numeric", "special"];

/** The random provider: secrets that are made once and kept in the state. */
export function randomProvider(): Provider {
  return { resources: { "random:index/randomPassword:RandomPassword": randomPassword }, functions: {} };
}

/** A password of cryptographic randomness. It is in the state alone, so its deletion has nothing to do. */
const randomPassword: ResourceHandler = {
  async create(_name, inputs) {
    const length = inputs["length"];
    if (typeof length !== "number" || !Number.isInteger(length) || length < 1) {
      throw new ProviderError("RandomPassword: length must be a whole number from 1.");
    }
    const defaults = Object.fromEntries(NAMES.map((name) => [name, inputs[name] !== false]));
    return { id: "none", outputs: { ...inputs, ...defaults, length, result: makePassword(length, inputs) } };
  },
  delete: () => Promise.resolve(),
};

function makePassword(length: number, inputs: Properties): string {
  const custom = inputs["overrideSpecial"];
  const charactersOf = (name: CharacterClass): string =>
    name === "special" && typeof custom === "string" && custom !== "" ? custom : CLASSES[name];
  const allowed = NAMES.filter((name) => inputs[name] !== false);
  const all = allowed.map(charactersOf).join("");
  if (all === "") throw new ProviderError("RandomPassword: no class of characters is allowed.");
  const characters = NAMES.flatMap((name) => {
    const minimum = inputs[MINIMUM[name]];
    return Array.from({ length: typeof minimum === "number" ? minimum : 0 }, () => pick(charactersOf(name)));
  });
  if (characters.length > length)
    throw new ProviderError("RandomPassword: length is below the sum of the minimums.");
  while (characters.length < length) characters.push(pick(all));
  return shuffle(characters).join("");
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}

/** Puts characters into an order in which each is as likely at every place (Fisher and Yates). */
function shuffle(characters: readonly string[]): readonly string[] {
  const shuffled: string[] = [];
  for (const character of characters) {
    const place = randomInt(shuffled.length + 1);
    shuffled.push(shuffled[place] ?? character);
    shuffled[place] = character;
  }
  return shuffled;
}

import { randomInt, randomUUID } from "node:crypto";
import {
  type InputFailure,
  type InputSchema,
  type Properties,
  type Provider,
  ProviderError,
  type ResourceHandler,
} from "./handler.ts";

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
  return {
    resources: {
      "random:index/randomPassword:RandomPassword": randomPassword,
      "random:index/randomUuid:RandomUuid": randomUuid,
    },
    functions: {},
  };
}

const flag: InputSchema = { type: "boolean", replaces: true };
const count: InputSchema = { type: "integer", replaces: true };

/** A password of cryptographic randomness. It is only in the state: nothing is to be read or deleted. */
const randomPassword: ResourceHandler = {
  schema: {
    inputs: {
      length: { ...count, required: true },
      keepers: { type: "map", items: { type: "string" }, replaces: true },
      overrideSpecial: { type: "string", replaces: true },
      lower: flag,
      upper: flag,
      numeric: flag,
      special: flag,
      minLower: count,
      minUpper: count,
      minNumeric: count,
      minSpecial: count,
    },
    secretOutputs: ["result"],
  },
  validate,
  async create(inputs) {
    const allowed = Object.fromEntries(NAMES.map((name) => [name, inputs[name] !== false]));
    const minimums = Object.fromEntries(NAMES.map((name) => [MINIMUM[name], minimumOf(inputs, name)]));
    return { id: "none", outputs: { ...allowed, ...minimums, ...inputs, result: makePassword(inputs) } };
  },
  read: (state) => Promise.resolve(state),
  delete: () => Promise.resolve(),
};

/** A UUID, made anew when its keepers change. It is only in the state, too. */
const randomUuid: ResourceHandler = {
  schema: { inputs: { keepers: { type: "map", items: { type: "string" }, replaces: true } } },
  async create(inputs) {
    const result = randomUUID();
    return { id: result, outputs: { ...inputs, result } };
  },
  read: (state) => Promise.resolve(state),
  delete: () => Promise.resolve(),
};

/** What the real provider checks in a preview. */
function validate(inputs: Properties): readonly InputFailure[] {
  const { length } = inputs;
  if (typeof length !== "number") return [];
  const least = Math.max(
    1,
    NAMES.reduce((sum, name) => sum + minimumOf(inputs, name), 0),
  );
  if (length >= least) return [];
  return [{ property: "length", reason: `must be at least 1 and the sum of the minimums: ${least}` }];
}

function minimumOf(inputs: Properties, name: CharacterClass): number {
  const minimum = inputs[MINIMUM[name]];
  return typeof minimum === "number" ? minimum : 0;
}

function makePassword(inputs: Properties): string {
  const custom = inputs["overrideSpecial"];
  const charactersOf = (name: CharacterClass): string =>
    name === "special" && typeof custom === "string" && custom !== "" ? custom : CLASSES[name];
  const all = NAMES.filter((name) => inputs[name] !== false)
    .map(charactersOf)
    .join("");
  /**
   * @own The program's passwords have classes; how the provider words this refusal is not imitated.
   */
  if (all === "") throw new ProviderError("No class of characters is allowed for the password.");
  const characters = NAMES.flatMap((name) =>
    Array.from({ length: minimumOf(inputs, name) }, () => pick(charactersOf(name))),
  );
  while (characters.length < Number(inputs["length"])) characters.push(pick(all));
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

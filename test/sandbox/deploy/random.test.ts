import { expect, it } from "vitest";
import { checkInputs } from "../../../sandbox/deploy/check.ts";
import { diffInputs } from "../../../sandbox/deploy/diff.ts";
import { type Properties, ProviderError, type ResourceHandler } from "../../../sandbox/deploy/handler.ts";
import { unknown } from "../../../sandbox/deploy/properties.ts";
import { randomProvider } from "../../../sandbox/deploy/random.ts";

function passwordHandler(): ResourceHandler {
  const found = randomProvider().resources["random:index/randomPassword:RandomPassword"];
  if (!found) throw new Error("No handler");
  return found;
}
const handler = passwordHandler();

const failuresOf = (inputs: Properties) =>
  checkInputs(handler, "password", undefined, inputs).failures.map(({ property }) => property);

async function password(inputs: Properties) {
  expect(failuresOf(inputs)).toEqual([]);
  const state = await handler.create(inputs);
  expect(await handler.read(state)).toEqual(state);
  await handler.delete(state);
  return state;
}

it.each<[string, Properties, RegExp]>([
  ["letters and digits", { length: 64, special: false }, /^[A-Za-z0-9]{64}$/],
  ["only digits", { length: 8, special: false, lower: false, upper: false }, /^\d{8}$/],
  [
    "own special characters",
    { length: 20, lower: false, upper: false, numeric: false, overrideSpecial: "-_" },
    /^[-_]{20}$/,
  ],
  [
    "a least number of each",
    { length: 4, minLower: 1, minUpper: 1, minNumeric: 1, minSpecial: 1 },
    /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z\d]).{4}$/,
  ],
])("a password of %s", async (_case, inputs, form) => {
  const { id, outputs } = await password(inputs);
  expect(id).toBe("none");
  expect(outputs["result"]).toMatch(form);
});

it("each password is another, and its keepers are kept", async () => {
  const inputs = { length: 32, keepers: { rotation: "1" } };
  const [first, second] = [await password(inputs), await password(inputs)];
  expect(first.outputs["result"]).not.toBe(second.outputs["result"]);
  expect(first.outputs).toMatchObject({ keepers: { rotation: "1" }, special: true, upper: true });
});

it.each<[string, Properties, readonly string[]]>([
  ["no length", {}, ["length"]],
  ["a length of nothing", { length: 0 }, ["length"]],
  ["a part of a character", { length: 1.5 }, ["length"]],
  ["more at least than fits", { length: 3, minLower: 2, minUpper: 2 }, ["length"]],
  ["a misspelt input", { length: 8, specials: false }, ["specials"]],
])("refused in a preview: %s", (_case, inputs, properties) => {
  expect(failuresOf(inputs)).toEqual(properties);
});

it("a length that is known only later passes the preview", () => {
  expect(failuresOf({ length: unknown, minLower: 2 })).toEqual([]);
});

it("without any class of characters there is no password", async () => {
  const inputs = { length: 8, special: false, lower: false, upper: false, numeric: false };
  await expect(handler.create(inputs)).rejects.toBeInstanceOf(ProviderError);
});

it("every change makes another password, and its result is secret", async () => {
  const state = await password({ length: 8, keepers: { rotation: "1" } });
  const old = { inputs: { length: 8, keepers: { rotation: "1" } }, outputs: state.outputs };
  expect(diffInputs(handler.schema, old, old.inputs).changed).toEqual([]);
  for (const change of [{ length: 9 }, { special: false }, { keepers: { rotation: "2" } }, { minLower: 1 }]) {
    const { changed, replaces } = diffInputs(handler.schema, old, { ...old.inputs, ...change });
    expect(changed).not.toEqual([]);
    expect(replaces).toEqual(changed);
  }
  expect(handler.schema.secretOutputs).toEqual(["result"]);
});

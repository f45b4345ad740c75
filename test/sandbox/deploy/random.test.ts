import { expect, test } from "vitest";
import { type Properties, ProviderError } from "../../../sandbox/deploy/handler.ts";
import { randomProvider } from "../../../sandbox/deploy/random.ts";

async function password(inputs: Properties) {
  const handler = randomProvider().resources["random:index/randomPassword:RandomPassword"];
  if (!handler) throw new Error("No handler");
  const state = await handler.create("password", inputs);
  await handler.delete(state);
  return state;
}

test.each<[string, Properties, RegExp]>([
  ["letters and digits", { length: 64, special: false }, /^[A-Za-z0-9]{64}$/],
  ["digits alone", { length: 8, special: false, lower: false, upper: false }, /^\d{8}$/],
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

test("each password is another, and its keepers are kept", async () => {
  const inputs = { length: 32, keepers: { rotation: "1" } };
  const [first, second] = [await password(inputs), await password(inputs)];
  expect(first.outputs["result"]).not.toBe(second.outputs["result"]);
  expect(first.outputs).toMatchObject({ keepers: { rotation: "1" }, special: true, upper: true });
});

test.each<[string, Properties]>([
  ["no length", {}],
  ["a length of nothing", { length: 0 }],
  ["no characters", { length: 8, special: false, lower: false, upper: false, numeric: false }],
  ["more at least than fits", { length: 1, minLower: 2 }],
])("refused: %s", async (_case, inputs) => {
  await expect(password(inputs)).rejects.toBeInstanceOf(ProviderError);
});

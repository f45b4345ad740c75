import { expect, it } from "vitest";
import { table } from "./table.ts";

it("calls no two cases of a function by one name", () => {
  const names = table.map((one) => `${one.function} ${one.name}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

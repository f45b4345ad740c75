import { describe, expect, it } from "vitest";
import { componentOf, type Property, packageSchema } from "../../../infra/plugin/schema.ts";
import { defaultSettings } from "../../../infra/settings.ts";
import { outputNames } from "../../../infra/sign-in-groups.ts";

const schema = packageSchema();
const component = componentOf(schema);

/** What is wrong with a property: users of other languages would see no type or no words. */
function faultsOf(place: string, property: Property, isNested = false): string[] {
  const { description, type, items, additionalProperties, $ref } = property;
  const faults = isNested || description !== undefined ? [] : [`${place} has no description`];
  if ($ref !== undefined) {
    const name = $ref.replace("#/types/", "");
    return Object.hasOwn(schema.types, name)
      ? faults
      : [...faults, `${place} is of the unknown type ${$ref}`];
  }
  if (type === undefined) return [...faults, `${place} has no type`];
  if (type === "array")
    return [...faults, ...(items === undefined ? [`${place} has no items`] : faultsOf(place, items, true))];
  if (type === "object") {
    const values = additionalProperties;
    return [
      ...faults,
      ...(values === undefined ? [`${place} has no values`] : faultsOf(place, values, true)),
    ];
  }
  return faults;
}

describe("the component's schema", () => {
  it("has a type and a description for every input, output and field", () => {
    const fields = Object.entries(schema.types).flatMap(([name, type]) =>
      Object.entries<Property>(Reflect.get(type, "properties") ?? {}).map(
        ([field, property]) => [`${name}.${field}`, property] as const,
      ),
    );
    const all = [
      ...Object.entries(component.inputProperties),
      ...Object.entries(component.properties),
      ...fields,
    ];
    expect(all.length).toBeGreaterThan(60);
    expect(all.flatMap(([place, property]) => faultsOf(place, property))).toEqual([]);
    expect(JSON.stringify(schema)).not.toContain("pulumi.json#/Any");
  });

  it("has all settings and the three places as inputs, none of which must be given", () => {
    expect(Object.keys(component.inputProperties)).toEqual([
      "project",
      "region",
      "orgUrl",
      ...Object.keys(defaultSettings),
    ]);
    expect(component.requiredInputs).toBeUndefined();
  });

  it("has exactly the outputs that the component registers", () => {
    expect(Object.keys(component.properties)).toEqual(outputNames);
  });

  it("has whole numbers, words and lists as what they are", () => {
    const { receiveConcurrency, hosting, rules } = component.inputProperties;
    expect([receiveConcurrency?.type, hosting?.$ref, rules?.items?.$ref]).toEqual([
      "integer",
      "#/types/signin-groups:index:Hosting",
      "#/types/signin-groups:index:GroupRule",
    ]);
    expect(schema.types["signin-groups:index:SignInEventType"]).toMatchObject({
      type: "string",
      enum: expect.arrayContaining([
        expect.objectContaining({ name: "SessionStart", value: "user.session.start" }),
      ]),
    });
  });
});

import { deployedLicences } from "../../../infra/supply-chain/licences.ts";

/** What CycloneDX allows as an object's fields, as far as the bill of materials may use them. */
type Rule = (value: unknown, where: string, faults: string[]) => void;

const text =
  (pattern = /./): Rule =>
  (value, where, faults) => {
    if (typeof value !== "string" || !pattern.test(value))
      faults.push(`${where} is ${JSON.stringify(value)}`);
  };

const oneOf =
  (...values: unknown[]): Rule =>
  (value, where, faults) => {
    if (!values.includes(value)) faults.push(`${where} is ${JSON.stringify(value)}`);
  };

/** Items may not repeat. */
const list =
  (rule: Rule): Rule =>
  (value, where, faults) => {
    if (!Array.isArray(value)) return void faults.push(`${where} is no list`);
    if (new Set(value.map((item) => JSON.stringify(item))).size < value.length)
      faults.push(`${where} repeats`);
    for (const [index, item] of value.entries()) rule(item, `${where}[${index}]`, faults);
  };

/** No field but these; those with an exclamation mark must be there. */
const object =
  (fields: Readonly<Record<string, Rule>>): Rule =>
  (value, where, faults) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return void faults.push(`${where} is no object`);
    }
    for (const [key, rule] of Object.entries(fields)) {
      const name = key.replace(/!$/, "");
      const found = Reflect.get(value, name);
      if (found !== undefined) rule(found, `${where}.${name}`, faults);
      else if (key.endsWith("!")) faults.push(`${where} has no ${name}`);
    }
    for (const key of Object.keys(value)) {
      if (!(key in fields) && !(`${key}!` in fields)) faults.push(`${where} has ${key}`);
    }
  };

const licences: Rule = (value, where, faults) => {
  const expression = Array.isArray(value) && value.length === 1 && "expression" in Object(value[0]);
  if (expression) return object({ "expression!": text(/^[\w.+() -]+$/) })(value[0], `${where}[0]`, faults);
  // CycloneDX takes every identifier of SPDX; of those, the ones that may be deployed are used.
  const license = object({ "id!": oneOf(...deployedLicences) });
  list(object({ "license!": license }))(value, where, faults);
};

const hash = object({
  "alg!": oneOf("SHA-256", "SHA-512"),
  "content!": text(/^([0-9a-f]{64}|[0-9a-f]{128})$/),
});

/** Package URL of npm: the scope's @ is written %40, and so is every character that a URL gives a meaning. */
const PURL = /^pkg:npm\/(%40[a-z0-9._~-]+\/)?[A-Za-z0-9._~-]+@\d+\.\d+\.\d+([A-Za-z0-9.~-]|%2B)*$/;

const component: Rule = (value, where, faults) =>
  object({
    "type!": oneOf("application", "library"),
    "bom-ref": text(),
    group: text(/^@/),
    "name!": text(),
    version: text(),
    hashes: list(hash),
    licenses: licences,
    purl: text(PURL),
    components: list(component),
    evidence: object({ occurrences: list(object({ "location!": text() })) }),
  })(value, where, faults);

const bill = object({
  "$schema!": oneOf("http://cyclonedx.org/schema/bom-1.6.schema.json"),
  "bomFormat!": oneOf("CycloneDX"),
  "specVersion!": oneOf("1.6"),
  "serialNumber!": text(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  "version!": oneOf(1),
  "metadata!": object({
    "lifecycles!": list(object({ "phase!": oneOf("build") })),
    "tools!": object({ "components!": list(component) }),
    "component!": component,
  }),
  "components!": list(component),
  "dependencies!": list(object({ "ref!": text(), "dependsOn!": list(text()) })),
});

/**
 * What of a bill of materials is not as CycloneDX 1.6 demands (JSON schema bom-1.6), or refers to nothing. Stricter where
 * this project is: fewer fields, no time, npm packages alone.
 */
export function cyclonedxFaults(value: unknown): string[] {
  const faults: string[] = [];
  bill(value, "bill", faults);
  if (faults.length > 0) return faults;
  // It has just been found to be of this shape.
  const { metadata, components, dependencies } = value as {
    readonly metadata: { readonly component: { readonly "bom-ref"?: string } };
    readonly components: readonly { readonly "bom-ref"?: string; readonly name: string }[];
    readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  };
  const references = [metadata.component, ...components].map((one) => one["bom-ref"] ?? "");
  const known = new Set(references);
  if (known.has("")) faults.push("a component has no bom-ref");
  if (known.size < references.length) faults.push("two components have the same bom-ref");
  const told = dependencies.map(({ ref }) => ref);
  if (new Set(told).size < told.length) faults.push("two entries tell of the dependencies of one component");
  for (const reference of known)
    if (!told.includes(reference)) faults.push(`${reference} has no dependencies entry`);
  for (const { ref, dependsOn } of dependencies) {
    for (const one of [ref, ...dependsOn]) if (!known.has(one)) faults.push(`${ref} refers to ${one}`);
  }
  return faults;
}

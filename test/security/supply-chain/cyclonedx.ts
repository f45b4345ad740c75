import { Spec, Validation } from "@cyclonedx/cyclonedx-library";

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);

/** Package URL of npm: the scope's @ is written %40, and so is every character that a URL gives a meaning. */
const PURL = /^pkg:npm\/(%40[a-z0-9._~-]+\/)?[A-Za-z0-9._~-]+@\d+\.\d+\.\d+([A-Za-z0-9.~-]|%2B)*$/;

interface Component {
  readonly "bom-ref"?: string;
  readonly purl?: string;
  readonly components?: readonly Component[];
}

/**
 * What is wrong with a bill of materials: where it breaks CycloneDX's own schema or refers to nothing, has a time, or lists
 * a package that is not of npm.
 */
export async function cyclonedxFaults(text: string): Promise<unknown[]> {
  const invalid = await validator.validate(text);
  if (invalid !== null) return [invalid];
  const faults: string[] = [];
  const { specVersion, metadata, components, dependencies } = JSON.parse(text);
  // The schema takes any version.
  if (specVersion !== Spec.Version.v1dot6) faults.push(`it is of version ${specVersion}`);
  if (metadata.timestamp !== undefined) faults.push("it has a time");
  for (const { purl } of components) if (!PURL.test(purl)) faults.push(`${purl} is not a package of npm`);
  const referencesOf = (one: Component): string[] => [
    one["bom-ref"] ?? "",
    ...(one.components ?? []).flatMap(referencesOf),
  ];
  const references = [metadata.component, ...components].flatMap(referencesOf);
  const known = new Set(references);
  if (known.has("")) faults.push("a component has no bom-ref");
  if (known.size < references.length) faults.push("two components have the same bom-ref");
  const listed: string[] = dependencies.map(({ ref }: { ref: string }) => ref);
  if (new Set(listed).size < listed.length) faults.push("a component's dependencies are listed twice");
  for (const one of known) if (!listed.includes(one)) faults.push(`${one} has no entry in dependencies`);
  for (const { ref, dependsOn = [] } of dependencies) {
    for (const one of [ref, ...dependsOn]) if (!known.has(one)) faults.push(`${ref} refers to ${one}`);
  }
  return faults;
}

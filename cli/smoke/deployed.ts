import { isObject, type JsonObject } from "../../function/shared/json.ts";
import type { StateResource } from "../configuration.ts";

/** A function of the stack, as the last update declared it. */
export interface DeclaredFunction {
  /** `receive`, `grant` or `reconcile`. */
  readonly name: string;
  /** Whether it is a function of Cloud Functions or a service of Cloud Run. */
  readonly kind: "function" | "service";
  /** Google's full name of it. */
  readonly id: string;
  readonly inputs: JsonObject;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly { readonly key: string; readonly secret: string; readonly version: string }[];
}

const FUNCTION = "gcp:cloudfunctionsv2/function:Function";
const SERVICE = "gcp:cloudrunv2/service:Service";

/** The functions in a stack's state. @param component name of the component */
export function functionsIn(
  resources: readonly StateResource[],
  component: string,
): readonly DeclaredFunction[] {
  return resources.flatMap((resource): DeclaredFunction[] => {
    const { type, id, inputs } = resource;
    const name = resource.name.slice(component.length + 1);
    if (type === FUNCTION) {
      const config = objectIn(inputs, "serviceConfig");
      return [
        {
          name,
          kind: "function",
          id,
          inputs,
          environment: textsIn(objectIn(config, "environmentVariables")),
          secrets: listIn(config, "secretEnvironmentVariables").map(secretOf),
        },
      ];
    }
    if (type !== SERVICE) return [];
    const variables = listIn(containerOf(inputs), "envs");
    return [{ name, kind: "service", id, inputs, ...splitVariables(variables) }];
  });
}

/** The only container of a service. */
export function containerOf(service: JsonObject): JsonObject {
  return listIn(objectIn(service, "template"), "containers")[0] ?? {};
}

/** The variables of a container: those with a value, and those from Secret Manager. */
export function splitVariables(
  variables: readonly JsonObject[],
): Pick<DeclaredFunction, "environment" | "secrets"> {
  const referenceIn = (variable: JsonObject) => objectIn(objectIn(variable, "valueSource"), "secretKeyRef");
  const isSecret = (variable: JsonObject) => "secret" in referenceIn(variable);
  return {
    environment: Object.fromEntries(
      variables
        .filter((one) => !isSecret(one))
        .map((one) => [String(one["name"]), String(one["value"] ?? "")]),
    ),
    secrets: variables
      .filter(isSecret)
      .map((one) => secretOf({ ...referenceIn(one), key: String(one["name"]) })),
  };
}

/** A reference to a secret, whose name may be a full one. */
export function secretOf(reference: JsonObject): DeclaredFunction["secrets"][number] {
  const { key, secret, version } = reference;
  return { key: String(key), secret: String(secret).split("/").at(-1) ?? "", version: String(version) };
}

/** An object's field that is an object; an empty one where it is none. */
export function objectIn(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}

/** An object's field that is a list of objects; an empty one where it is none. */
export function listIn(object: JsonObject, key: string): readonly JsonObject[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textsIn(object: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, String(value)]));
}

import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { isObject, type JsonObject } from "../../function/shared/json.ts";
import { known } from "./known.ts";

/** Names under which people put secrets, and forms that only secrets have. */
const secretName = /SECRET|PASSWORD|TOKEN|PRIVATE_KEY|API_KEY/i;
const secretForm = /-----BEGIN [A-Z ]*PRIVATE KEY-----|^(Bearer|SSWS|Basic) |^eyJ[\w-]+\.[\w-]+\./;

/**
 * Everyone who may view the function can read a plain environment variable. Names are known in every preview, so this
 * policy always has an answer.
 */
export const noSecretNameInPlainEnvironment: ResourceValidationPolicy = {
  name: "no-secret-in-plain-environment",
  description: "A function's secrets must come from Secret Manager.",
  validateResource({ type, name, props }, report) {
    for (const variable of plainVariables(type, props)) {
      if (secretName.test(variable.name)) report(message(name, variable.name));
    }
  },
};

/** The same by the values, as soon as they are known: at the end of the update at the latest, which then fails. */
export const noSecretValueInPlainEnvironment: StackValidationPolicy = {
  name: "no-secret-value-in-plain-environment",
  description: "No value that is a secret elsewhere, or looks like one, may be in a plain variable.",
  validateStack({ resources }, report) {
    const secrets = resources.flatMap(secretValues);
    for (const { type, name, urn, props } of resources) {
      for (const variable of plainVariables(type, props)) {
        const text = String(variable.value ?? "");
        const isSecret = secretForm.test(text) || secrets.some((secret) => text.includes(secret));
        if (isSecret) report(message(name, variable.name), urn);
      }
    }
  },
};

/** A variable that everyone who may view the function can read. */
interface PlainVariable {
  readonly name: string;
  /** Undefined where it is not known. */
  readonly value: unknown;
}

function plainVariables(type: string, props: PolicyResource["props"]): readonly PlainVariable[] {
  if (type === "gcp:cloudfunctionsv2/function:Function") {
    const variables = known(() => props["serviceConfig"]?.environmentVariables) ?? {};
    return Object.keys(variables).map((name) => ({ name, value: known(() => variables[name]) }));
  }
  if (type !== "gcp:cloudrunv2/service:Service") return [];
  return elements(known(() => props["template"]?.containers)).flatMap((container) =>
    elements(known(() => container["envs"]))
      .filter((variable) => known(() => variable["valueSource"]) === undefined)
      .map((variable) => ({
        name: String(known(() => variable["name"])),
        value: known(() => variable["value"]),
      })),
  );
}

/** The objects of a list, as far as they are known. */
function elements(list: unknown): readonly JsonObject[] {
  if (!Array.isArray(list)) return [];
  return Array.from(list.keys(), (index) => known(() => list[index])).filter(isObject);
}

function message(functionName: string, variable: string): string {
  return `${functionName} has a secret in the plain variable ${variable}. Take it from Secret Manager.`;
}

function secretValues({ type, props }: PolicyResource): string[] {
  const value = known(() =>
    type === "random:index/randomPassword:RandomPassword"
      ? props["result"]
      : type === "gcp:secretmanager/secretVersion:SecretVersion"
        ? props["secretData"]
        : undefined,
  );
  return typeof value === "string" && value !== "" ? [value] : [];
}

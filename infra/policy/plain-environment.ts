import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
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
    for (const variable of Object.keys(plainVariables(type, props))) {
      if (secretName.test(variable)) report(message(name, variable));
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
      const variables = plainVariables(type, props);
      for (const variable of Object.keys(variables)) {
        const text = String(known(() => variables[variable]) ?? "");
        const isSecret = secretForm.test(text) || secrets.some((secret) => text.includes(secret));
        if (isSecret) report(message(name, variable), urn);
      }
    }
  },
};

function plainVariables(type: string, props: PolicyResource["props"]): Readonly<Record<string, unknown>> {
  if (type !== "gcp:cloudfunctionsv2/function:Function") return {};
  return known(() => props["serviceConfig"]?.environmentVariables) ?? {};
}

function message(functionName: string, variable: string): string {
  return `${functionName} has a secret in the plain variable ${variable}. Use secretEnvironmentVariables.`;
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

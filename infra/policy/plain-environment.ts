import type { PolicyResource, StackValidationPolicy } from "@pulumi/policy";

/** Names under which people put secrets, and forms that only secrets have. */
const secretName = /SECRET|PASSWORD|TOKEN|PRIVATE_KEY|API_KEY/i;
const secretForm = /-----BEGIN [A-Z ]*PRIVATE KEY-----|^(Bearer|SSWS|Basic) |^eyJ[\w-]+\.[\w-]+\./;

/** A plain environment variable can be read by whoever may look at the function. */
export const noSecretInPlainEnvironment: StackValidationPolicy = {
  name: "no-secret-in-plain-environment",
  description: "A function's secrets must come from Secret Manager.",
  validateStack({ resources }, report) {
    const secrets = resources.flatMap(secretValues);
    for (const { type, name, urn, props } of resources) {
      if (type !== "gcp:cloudfunctionsv2/function:Function") continue;
      const variables: Readonly<Record<string, unknown>> = props["serviceConfig"]?.environmentVariables ?? {};
      for (const [variable, value] of Object.entries(variables)) {
        const text = String(value);
        const holdsSecret = secretForm.test(text) || secrets.some((secret) => text.includes(secret));
        if (secretName.test(variable) || holdsSecret) {
          report(
            `${name} has a secret in the plain variable ${variable}. Use secretEnvironmentVariables.`,
            urn,
          );
        }
      }
    }
  },
};

function secretValues({ type, props }: PolicyResource): string[] {
  const value =
    type === "random:index/randomPassword:RandomPassword"
      ? props["result"]
      : type === "gcp:secretmanager/secretVersion:SecretVersion"
        ? props["secretData"]
        : undefined;
  return typeof value === "string" && value !== "" ? [value] : [];
}

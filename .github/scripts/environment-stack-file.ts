import { stringify } from "yaml";

/**
 * The stack file of a preview environment: the template's settings, with groups of its own, which a destroy may delete.
 * Its secrets stay as they are encrypted, and readable by the template's secrets provider.
 *
 * @param template what Pulumi.preview.yaml says
 * @param project what Pulumi.yaml says, for the rules that hold when the template has none
 * @throws Error when the stack's name, the template or its rules can't be used
 */
export function environmentStack(
  stack: string,
  template: unknown,
  project: unknown,
): { readonly file: string; readonly secretsProvider: string } {
  if (!/^pr-[1-9]\d*$/.test(stack)) {
    throw new Error(`"${stack}" is not a preview environment's name: it must be such as pr-12.`);
  }
  const secretsProvider = at(template, "secretsprovider");
  if (typeof secretsProvider !== "string") {
    throw new Error(
      "The template has no secretsprovider: make it by pulumi stack init preview --secrets-provider gcpkms://…",
    );
  }
  const config = at(template, "config");
  const rules = at(config, "signin-groups:rules") ?? at(at(at(project, "config"), "rules"), "default");
  if (!Array.isArray(rules)) throw new Error("signin-groups:rules in the template must be a list.");
  const ownRules = rules.map((rule: unknown) => {
    const group = at(rule, "group");
    if (typeof group !== "string") {
      throw new Error(
        `A rule of the template names no group: ${JSON.stringify(rule)}. With groupId it would fill a group that others use.`,
      );
    }
    const renamedFrom = at(rule, "renamedFrom");
    return {
      ...Object(rule),
      group: `${group} (${stack})`,
      ...(typeof renamedFrom === "string" ? { renamedFrom: `${renamedFrom} (${stack})` } : {}),
    };
  });
  const file = stringify({
    ...Object(template),
    config: {
      ...Object(config),
      "signin-groups:rules": ownRules,
      "signin-groups:protectGroups": false,
    },
  });
  return { file, secretsProvider };
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

import { type Properties, ProviderError, type ResourceHandler } from "../handler.ts";
import { answeredObjects, answeredText } from "./answers.ts";
import type { OktaClient } from "./client.ts";
import { inOrderOf, requiredText, textOf, texts, textsOf, without } from "./inputs.ts";

/**
 * `okta.AdminRoleCustom`: what is written is not read back.
 *
 * @decision A custom role is made by one call that is not read back; another label replaces it, permissions are added
 *   and taken one by one.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_admin_role_custom.go;
 *   the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a recording server.
 * @matters deployment fails: a replacement of the role replaces its assignment too.
 */
export function adminRoleCustomHandler(client: OktaClient): ResourceHandler {
  return {
    schema: {
      inputs: {
        label: { ...requiredText, replaces: true },
        description: requiredText,
        permissions: texts,
      },
    },
    async create(inputs) {
      const permissions = permissionsOf(inputs);
      const role = await client.call("POST", "/api/v1/iam/roles", { ...labelsOf(inputs), permissions });
      return { id: answeredText(role, "id"), outputs: inputs };
    },
    async read({ id, outputs }) {
      const role = await client.find(pathOf(id));
      if (role === undefined) return undefined;
      const held = answeredObjects(await client.call("GET", `${pathOf(id)}/permissions`), "permissions");
      return {
        id,
        outputs: {
          ...outputs,
          label: answeredText(role, "label"),
          description: answeredText(role, "description"),
          permissions: inOrderOf(
            textsOf(outputs, "permissions"),
            held.map((permission) => answeredText(permission, "label")),
          ),
        },
      };
    },
    async update({ id, outputs }, inputs) {
      const [before, after] = [textsOf(outputs, "permissions"), permissionsOf(inputs)];
      if (inputs["description"] !== outputs["description"]) {
        await client.call("PUT", pathOf(id), labelsOf(inputs));
      }
      const permissionPath = (permission: string) => `${pathOf(id)}/permissions/${permission}`;
      for (const added of without(after, before)) await client.call("POST", permissionPath(added));
      for (const removed of without(before, after)) await client.call("DELETE", permissionPath(removed));
      return { id, outputs: inputs };
    },
    async delete({ id }) {
      await client.deleteIfPresent(pathOf(id));
    },
  };
}

function pathOf(id: string): string {
  return `/api/v1/iam/roles/${id}`;
}

function labelsOf(inputs: Properties) {
  return { label: textOf(inputs, "label"), description: textOf(inputs, "description") };
}

/**
 * The provider looks at this only when it is about to write.
 *
 * @decision A role without permissions is refused when it is about to be written, not in the preview.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_admin_role_custom.go,
 *   line 188.
 * @matters deployment fails: the program's role has three.
 */
function permissionsOf(inputs: Properties): readonly string[] {
  const permissions = textsOf(inputs, "permissions");
  if (permissions.length === 0) throw new ProviderError("at least one permission must be specified");
  return permissions;
}

import type { ResourceHandler } from "../handler.ts";
import type { Context } from "./context.ts";
import { readInputs } from "./inputs.ts";
import { textOf } from "./json.ts";
import { autoName } from "./names.ts";

const TYPE = "serviceaccount.Account";
const MAXIMUM_LENGTH = 30;

/** A service account. */
export function accountHandler({ client, project: defaultProject }: Context): ResourceHandler {
  return {
    async create(name, properties) {
      const inputs = readInputs(TYPE, properties);
      const project = inputs.optionalString("project") ?? defaultProject;
      const accountId = inputs.optionalString("accountId") ?? autoName(name, MAXIMUM_LENGTH);
      if (
        !/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(accountId) ||
        accountId.length < 6 ||
        accountId.length > MAXIMUM_LENGTH
      ) {
        throw inputs.error(
          "accountId",
          `"${accountId}" must be 6 to 30 lower-case letters, digits and hyphens`,
        );
      }
      const serviceAccount = inputs.pick("displayName", "description");
      const created = await client.call("POST", `/v1/projects/${project}/serviceAccounts`, {
        accountId,
        serviceAccount,
      });
      const id = textOf(created, "name");
      const account = await client.call("GET", `/v1/${id}`);
      const email = textOf(account, "email");
      const computed = { project, accountId, name: id, email, uniqueId: textOf(account, "uniqueId") };
      return {
        id,
        outputs: { disabled: false, ...properties, ...computed, member: `serviceAccount:${email}` },
      };
    },
    async delete({ id }) {
      await client.remove(`/v1/${id}`);
    },
  };
}

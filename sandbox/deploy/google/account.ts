import type { InputFailure, Properties, ResourceHandler, ResourceSchema } from "../handler.ts";
import { textOf, textsOf } from "./answers.ts";
import { GoogleRefusal } from "./client.ts";
import { idIn, pick, stringIn } from "./inputs.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import { flag, formed, replacing, text } from "./schema.ts";

const schema: ResourceSchema = {
  inputs: {
    accountId: replacing(text),
    project: replacing(text),
    displayName: text,
    description: text,
    disabled: flag,
    createIgnoreAlreadyExists: flag,
    deletionPolicy: deletionPolicy.schema,
  },
  autoName: { input: "accountId", maximum: 30 },
};

/**
 * A service account.
 *
 * @decision A service account is made by one POST, disabled by a second, and its texts are changed by a PATCH with
 * the etag of a GET.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/resourcemanager/resource_google_service_account.go, Create, Update: patchServiceAccount with
 * etag, disable, enable.
 * @matters deployment fails: the calls need iam.serviceAccounts.create, get, update.
 *
 * @decision An account that exists is taken over when createIgnoreAlreadyExists is set; without it the creation fails
 * with Google's 409.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/resourcemanager/resource_google_service_account.go, Create: create_ignore_already_exists.
 * @matters wrong access: the program leaves it out, so that no account of another stack is taken.
 */
export function accountHandler({ client, project: defaultProject }: Context): ResourceHandler {
  const switchTo = (id: string, disabled: boolean) =>
    client.call("POST", `/v1/${id}:${disabled ? "disable" : "enable"}`, {});

  return resourceHandler({
    schema,
    defaults: { project: defaultProject, disabled: false, deletionPolicy: deletionPolicy.default },
    untold: ["createIgnoreAlreadyExists", "deletionPolicy"],
    filledIn: [],
    validate,
    async create(inputs) {
      const accountId = stringIn(inputs, "accountId");
      const parent = `projects/${stringIn(inputs, "project")}`;
      const id = `${parent}/serviceAccounts/${accountId}@${idIn(parent, "projects")}.iam.gserviceaccount.com`;
      const body = { accountId, serviceAccount: pick(inputs, "displayName", "description") };
      await client.call("POST", `/v1/${parent}/serviceAccounts`, body).catch((error: unknown) => {
        const exists = error instanceof GoogleRefusal && error.status === 409;
        if (!exists || inputs["createIgnoreAlreadyExists"] !== true) throw error;
      });
      return { id, finish: async () => inputs["disabled"] === true && (await switchTo(id, true)) };
    },
    get: (id) => client.find(`/v1/${id}`),
    describe(answer, known, id) {
      const email = textOf(answer, "email");
      return {
        ...textsOf(answer, known, "displayName", "description"),
        project: idIn(id, "projects"),
        accountId: email.slice(0, email.indexOf("@")),
        disabled: answer["disabled"] === true,
        name: id,
        email,
        uniqueId: textOf(answer, "uniqueId"),
        member: `serviceAccount:${email}`,
      };
    },
    async update({ id }, inputs, changed) {
      const texts = ["displayName", "description"].filter((key) => changed.has(key));
      if (texts.length > 0) {
        const { etag } = await client.call("GET", `/v1/${id}`);
        const serviceAccount = { ...Object.fromEntries(texts.map((key) => [key, inputs[key] ?? ""])), etag };
        await client.call("PATCH", `/v1/${id}`, { serviceAccount, updateMask: texts.join(",") });
      }
      if (changed.has("disabled")) await switchTo(id, inputs["disabled"] === true);
    },
    async delete({ id }) {
      await client.remove(`/v1/${id}`);
    },
  });
}

function validate({ accountId, description }: Properties): readonly InputFailure[] {
  return [
    ...formed(
      "accountId",
      accountId,
      /^[a-z](?:[-a-z0-9]{4,28}[a-z0-9])$/,
      "must be 6 to 30 lower-case letters, digits and hyphens, a letter first",
    ),
    ...formed("description", description, /^.{0,256}$/su, "must be at most 256 characters"),
  ];
}

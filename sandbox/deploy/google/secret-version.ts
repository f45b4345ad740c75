import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import type { Properties, ResourceHandler, ResourceSchema } from "../handler.ts";
import { textOf } from "./answers.ts";
import { GoogleRefusal } from "./client.ts";
import { idIn, lastSegment, pick, stringIn } from "./inputs.ts";
import { type Context, resourceHandler } from "./resource.ts";
import { conflicting, flag, integer, replacing, required, secret, text } from "./schema.ts";

const schema: ResourceSchema = {
  inputs: {
    secret: required(replacing(text)),
    project: replacing(text),
    secretData: replacing(secret(text)),
    secretDataWo: secret(text),
    secretDataWoVersion: replacing(integer),
    isSecretDataBase64: replacing(flag),
    enabled: flag,
    deletionPolicy: text,
  },
  secretOutputs: ["secretData", "secretDataWo"],
};

/**
 * A version of a secret: what it says.
 *
 * @decision Reading an enabled secret version also accesses its payload, so a refresh without secretmanager.versions.access fails.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 002dca1,
 * google-beta/services/secretmanager/resource_secret_manager_secret_version.go (flattenSecretManagerSecretVersionPayload gets
 * `:access` unless the version is disabled). That of 93c65b2 keeps the state's payload when `:access` is refused, and fails no
 * refresh: a plugin that has it needs the permission no more.
 * @matters deployment fails: the account of the nightly drift check needs that permission (docs/pull-requests.md).
 */
export function secretVersionHandler({ client }: Context): ResourceHandler {
  const switchTo = (id: string, verb: "enable" | "disable" | "destroy") =>
    client.call("POST", `/v1/${id}:${verb}`, {});

  return resourceHandler({
    schema,
    defaults: { enabled: true, secretDataWoVersion: 0, deletionPolicy: "DELETE" },
    untold: ["secretData", "secretDataWo", "secretDataWoVersion", "isSecretDataBase64", "deletionPolicy"],
    filledIn: ["project"],
    validate: (inputs) => conflicting("", inputs, ["secretDataWo", "secretData"]),
    async create(inputs) {
      const payload = { data: dataOf(inputs) };
      const id = textOf(
        await client.call("POST", `/v1/${stringIn(inputs, "secret")}:addVersion`, { payload }),
        "name",
      );
      return { id, finish: () => switchTo(id, inputs["enabled"] === true ? "enable" : "disable") };
    },
    async get(id) {
      const version = await client.find(`/v1/${id}`);
      // What is destroyed says nothing any more, and what is disabled can't be accessed.
      if (version === undefined || version["state"] === "DESTROYED") return undefined;
      if (version["state"] !== "ENABLED") return version;
      return { ...version, ...(await client.call("GET", `/v1/${id}:access`)), name: version["name"] ?? "" };
    },
    describe: (version, known, id) => ({
      ...payloadOf(version, known),
      ...pick(known, "project"),
      secret: known["secret"] ?? `projects/${idIn(id, "projects")}/secrets/${idIn(id, "secrets")}`,
      enabled: version["state"] === "ENABLED",
      name: id,
      version: lastSegment(id),
      createTime: textOf(version, "createTime"),
      destroyTime: textOf(version, "destroyTime"),
    }),
    async update({ id }, inputs, changed) {
      if (changed.has("enabled")) await switchTo(id, inputs["enabled"] === true ? "enable" : "disable");
    },
    async delete({ id, outputs }) {
      const verb = outputs["deletionPolicy"] === "DISABLE" ? "disable" : "destroy";
      await switchTo(id, verb).catch((error: unknown) => {
        if (!(error instanceof GoogleRefusal && error.status === 404)) throw error;
      });
    },
  });
}

/** What was read of the payload, in the input's form. */
function payloadOf({ payload }: JsonObject, known: Properties): Properties {
  if (!isObject(payload) || known["secretDataWo"] !== undefined) return {};
  const data = textOf(payload, "data");
  const isBase64 = known["isSecretDataBase64"] === true;
  return { secretData: isBase64 ? data : Buffer.from(data, "base64").toString() };
}

function dataOf(inputs: Properties): string {
  const { secretData, secretDataWo, isSecretDataBase64 } = inputs;
  const text = String(secretData ?? secretDataWo ?? "");
  return isSecretDataBase64 === true ? text : Buffer.from(text).toString("base64");
}

import type { ResourceHandler } from "../handler.ts";
import { GoogleRefusal } from "./client.ts";
import type { Context } from "./context.ts";
import { readInputs } from "./inputs.ts";
import { textOf } from "./json.ts";

/** A version of a secret: what it says. */
export function secretVersionHandler({ client }: Context): ResourceHandler {
  return {
    async create(_name, properties) {
      const inputs = readInputs("secretmanager.SecretVersion", properties);
      const secret = inputs.string("secret");
      if (!/^projects\/[^/]+\/secrets\/[^/]+$/.test(secret))
        throw inputs.error("secret", "must be projects/…/secrets/…");
      const text = inputs.optionalString("secretData") ?? inputs.optionalString("secretDataWo") ?? "";
      const data = inputs.optionalBoolean("isSecretDataBase64") ? text : Buffer.from(text).toString("base64");
      const added = await client.call("POST", `/v1/${secret}:addVersion`, { payload: { data } });
      const id = textOf(added, "name");
      const enabled = inputs.optionalBoolean("enabled") ?? true;
      await client.call("POST", `/v1/${id}:${enabled ? "enable" : "disable"}`, {});
      const version = await client.call("GET", `/v1/${id}`);
      const computed = {
        name: id,
        enabled,
        version: id.split("/").at(-1) ?? "",
        createTime: textOf(version, "createTime"),
      };
      const { secretDataWo: _writeOnly, ...kept } = properties;
      return { id, outputs: { ...kept, ...computed } };
    },
    async delete({ id, outputs }) {
      const disables = outputs["deletionPolicy"] === "DISABLE";
      await client
        .call("POST", `/v1/${id}:${disables ? "disable" : "destroy"}`, {})
        .catch((error: unknown) => {
          if (!(error instanceof GoogleRefusal && error.status === 404)) throw error;
        });
    },
  };
}

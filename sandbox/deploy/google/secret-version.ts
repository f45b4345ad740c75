import type { Properties, ResourceHandler, ResourceSchema } from "../handler.ts";
import { GoogleRefusal } from "./client.ts";
import { conflicting } from "./constraints.ts";
import type { Context } from "./context.ts";
import { pick, stringIn } from "./inputs.ts";
import { textOf } from "./json.ts";
import { idIn, lastSegment } from "./names.ts";
import { resourceHandler } from "./resource.ts";
import { flag, integer, replacing, required, secret, text } from "./schema.ts";

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

/** A version of a secret: what it says. It is never read back, since who reads the state need not read secrets. */
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
      // What is destroyed says nothing any more.
      return version?.["state"] === "DESTROYED" ? undefined : version;
    },
    describe: (version, known, id) => ({
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

function dataOf(inputs: Properties): string {
  const { secretData, secretDataWo, isSecretDataBase64 } = inputs;
  const text = String(secretData ?? secretDataWo ?? "");
  return isSecretDataBase64 === true ? text : Buffer.from(text).toString("base64");
}

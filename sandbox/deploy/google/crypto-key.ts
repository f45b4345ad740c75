import type { ResourceHandler } from "../handler.ts";
import { type Context, labelOutputs, sentLabels } from "./context.ts";
import { readInputs } from "./inputs.ts";
import { isRecord, objectOf, textOf, toProperties } from "./json.ts";
import { autoName } from "./names.ts";

const TYPE = "kms.CryptoKey";

/** A key. Google keeps it for ever; its deletion destroys its versions. */
export function cryptoKeyHandler({ client }: Context): ResourceHandler {
  return {
    async create(name, properties) {
      const inputs = readInputs(TYPE, properties);
      const ring = inputs.string("keyRing");
      const keyName = inputs.optionalString("name") ?? autoName(name);
      const labels = inputs.optionalObject("labels");
      const skip = inputs.optionalBoolean("skipInitialVersionCreation") ?? false;
      const query = `cryptoKeyId=${encodeURIComponent(keyName)}${skip ? "&skipInitialVersionCreation=true" : ""}`;
      await client.call("POST", `/v1/${ring}/cryptoKeys?${query}`, {
        purpose: inputs.optionalString("purpose") ?? "ENCRYPT_DECRYPT",
        labels: sentLabels(labels),
        ...inputs.pick("versionTemplate", "destroyScheduledDuration", "rotationPeriod"),
      });
      const id = `${ring}/cryptoKeys/${keyName}`;
      const key = await client.call("GET", `/v1/${id}`);
      const computed = toProperties({
        name: keyName,
        purpose: key["purpose"],
        versionTemplate: objectOf(key, "versionTemplate"),
        destroyScheduledDuration: key["destroyScheduledDuration"],
        primaries: [],
      });
      return { id, outputs: { ...properties, ...labelOutputs(labels), ...computed } };
    },
    async delete({ id }) {
      const answer = await client.call("GET", `/v1/${id}/cryptoKeyVersions`);
      const versions = Array.isArray(answer["cryptoKeyVersions"])
        ? answer["cryptoKeyVersions"].filter(isRecord)
        : [];
      for (const version of versions) {
        if (textOf(version, "state").startsWith("DESTROY")) continue;
        await client.call("POST", `/v1/${textOf(version, "name")}:destroy`, {});
      }
    },
  };
}

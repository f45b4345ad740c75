import { isObject } from "../../../function/shared/json.ts";
import type { InputFailure, Properties, ResourceHandler, ResourceSchema } from "../handler.ts";
import { unknown } from "../properties.ts";
import { objectOf, textOf, toProperties, withDurations } from "./answers.ts";
import { idIn, pick, stringIn } from "./inputs.ts";
import { changedLabels, labelOutputs, secretLabelOutputs, sentLabels } from "./labels.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import { block, flag, replacing, required, text, textMap, texts } from "./schema.ts";

const schema: ResourceSchema = {
  inputs: {
    keyRing: required(replacing(text)),
    name: replacing(text),
    purpose: replacing(text),
    versionTemplate: block({ algorithm: required(text), protectionLevel: replacing(text) }),
    destroyScheduledDuration: replacing(text),
    rotationPeriod: text,
    skipInitialVersionCreation: flag,
    importOnly: replacing(flag),
    cryptoKeyBackend: replacing(text),
    keyAccessJustificationsPolicy: block({ allowedAccessReasons: texts }),
    labels: textMap,
    deletionPolicy: deletionPolicy.schema,
  },
  autoName: { input: "name", maximum: 255 },
  secretOutputs: secretLabelOutputs,
};
/** What can be changed, under the same name in the API. */
const CHANGEABLE = ["versionTemplate", "rotationPeriod", "keyAccessJustificationsPolicy"];
const SENT = [...CHANGEABLE, "purpose", "destroyScheduledDuration", "importOnly", "cryptoKeyBackend"];
const DAY_SECONDS = 86_400;

/**
 * A key. Google keeps it for ever; its deletion destroys its versions.
 *
 * @decision The deletion of a key destroys its versions and ends its rotation; the key stays.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/kms/resource_kms_crypto_key.go, Delete: clearCryptoKeyVersions, disableCryptoKeyRotation.
 * @matters sign-in lost: a destroyed stack's keys sign nothing more.
 *
 * @decision A rotation period under a day is refused in the preview.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/kms/resource_kms_crypto_key.go, validateKmsCryptoKeyRotationPeriod: 86400s.
 * @matters sandbox only: the program rotates by hand.
 */
export function cryptoKeyHandler({ client }: Context): ResourceHandler {
  return resourceHandler({
    schema,
    defaults: { purpose: "ENCRYPT_DECRYPT", deletionPolicy: deletionPolicy.default },
    untold: ["skipInitialVersionCreation", "deletionPolicy"],
    filledIn: [
      "versionTemplate",
      "versionTemplate.protectionLevel",
      "destroyScheduledDuration",
      "importOnly",
      "cryptoKeyBackend",
      "keyAccessJustificationsPolicy",
    ],
    validate,
    async create(inputs) {
      const ring = stringIn(inputs, "keyRing");
      const name = stringIn(inputs, "name");
      const skip = inputs["skipInitialVersionCreation"] === true ? "&skipInitialVersionCreation=true" : "";
      await client.call("POST", `/v1/${ring}/cryptoKeys?cryptoKeyId=${encodeURIComponent(name)}${skip}`, {
        ...pick(inputs, ...SENT),
        labels: sentLabels(inputs),
      });
      return { id: `${ring}/cryptoKeys/${name}` };
    },
    get: (id) => client.find(`/v1/${id}`),
    describe: (key, known, id) => ({
      ...withDurations(pick(toProperties(key), ...SENT), known),
      ...labelOutputs(key, known),
      name: idIn(id, "cryptoKeys"),
      keyRing: id.slice(0, id.indexOf("/cryptoKeys/")),
      primaries: isObject(key["primary"]) ? [toProperties(objectOf(key, "primary"))] : [],
    }),
    async update({ id, outputs }, inputs, changed) {
      const parts = [...CHANGEABLE, "labels"].filter((key) => changed.has(key));
      if (parts.length === 0) return;
      const body = { ...pick(inputs, ...CHANGEABLE), labels: changedLabels(outputs, inputs) };
      await client.call("PATCH", `/v1/${id}?updateMask=${parts.join(",")}`, body);
    },
    async delete({ id, outputs }) {
      const answer = await client.find(`/v1/${id}/cryptoKeyVersions`);
      const versions = answer?.["cryptoKeyVersions"];
      for (const version of Array.isArray(versions) ? versions.filter(isObject) : []) {
        if (textOf(version, "state").startsWith("DESTROY")) continue;
        await client.call("POST", `/v1/${textOf(version, "name")}:destroy`, {});
      }
      if (outputs["rotationPeriod"] !== undefined) {
        await client.call("PATCH", `/v1/${id}?updateMask=rotationPeriod,nextRotationTime`, {});
      }
    },
  });
}

function validate({ rotationPeriod }: Properties): readonly InputFailure[] {
  if (typeof rotationPeriod !== "string" || rotationPeriod === unknown) return [];
  const seconds = /^\d+(\.\d{1,9})?s$/.test(rotationPeriod) ? Number(rotationPeriod.slice(0, -1)) : 0;
  if (seconds >= DAY_SECONDS) return [];
  return [{ property: "rotationPeriod", reason: `must be at least ${DAY_SECONDS}s, in seconds with an s` }];
}

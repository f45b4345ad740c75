import { setTimeout as delay } from "node:timers/promises";
import type { InvokeHandler, ResourceHandler, ResourceSchema } from "../handler.ts";
import { textOf } from "./answers.ts";
import { GoogleRefusal } from "./client.ts";
import { pick, stringIn } from "./inputs.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import { block, oneOf, replacing, required, text } from "./schema.ts";

const schema: ResourceSchema = {
  inputs: {
    cryptoKey: required(replacing(text)),
    state: oneOf(
      "PENDING_GENERATION",
      "ENABLED",
      "DISABLED",
      "DESTROYED",
      "DESTROY_SCHEDULED",
      "PENDING_IMPORT",
      "IMPORT_FAILED",
    ),
    externalProtectionLevelOptions: block({ externalKeyUri: text, ekmConnectionKeyPath: text }),
    deletionPolicy: deletionPolicy.schema,
  },
};

/**
 * A version of a key. Its creation does not wait until the key is made.
 *
 * @decision A version's creation does not wait until its key is made.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/kms/resource_kms_crypto_key_version.go, Create: POST, then Read.
 * @matters deployment fails: the look-up of the public key waits instead.
 *
 * @decision Every refusal of a version's destruction is taken for a deletion.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/kms/resource_kms_crypto_key_version.go, Delete: the error of :destroy is not returned.
 * @matters misleading: a destroy without the right ends well, and the version signs on.
 */
export function cryptoKeyVersionHandler({ client }: Context): ResourceHandler {
  return resourceHandler({
    schema,
    defaults: { deletionPolicy: deletionPolicy.default },
    untold: ["deletionPolicy", "externalProtectionLevelOptions"],
    filledIn: ["state"],
    async create(inputs) {
      const body = pick(inputs, "state", "externalProtectionLevelOptions");
      const path = `/v1/${stringIn(inputs, "cryptoKey")}/cryptoKeyVersions`;
      return { id: textOf(await client.call("POST", path, body), "name") };
    },
    get: (id) => client.find(`/v1/${id}`),
    describe: (version, _known, id) => ({
      cryptoKey: id.slice(0, id.indexOf("/cryptoKeyVersions/")),
      name: id,
      state: textOf(version, "state"),
      algorithm: textOf(version, "algorithm"),
      protectionLevel: textOf(version, "protectionLevel"),
      generateTime: textOf(version, "generateTime"),
      attestations: [],
    }),
    async update({ id }, inputs, changed) {
      const parts = ["state", "externalProtectionLevelOptions"].filter((key) => changed.has(key));
      if (parts.length === 0) return;
      await client.call("PATCH", `/v1/${id}?updateMask=${parts.join(",")}`, pick(inputs, ...parts));
    },
    async delete({ id }) {
      // The provider takes every refusal here for a deletion.
      await client.call("POST", `/v1/${id}:destroy`, {}).catch((error: unknown) => {
        if (!(error instanceof GoogleRefusal)) throw error;
      });
    },
  });
}

const WAIT_MILLISECONDS = 50;
const MAXIMUM_ATTEMPTS = 400;

/**
 * Looks up a version of a key with its public key, for which it waits while the key is being made.
 *
 * @decision The public key of a version is looked up by three GETs, the last of which is tried again while the
 * version is PENDING_GENERATION.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/kms/data_source_google_kms_crypto_key_version.go, Read, with
 * transport_tpg.IsCryptoKeyVersionsPendingGeneration.
 * @matters deployment fails: the app in Okta gets the key in the same update.
 */
export function getCryptoKeyVersion({ client }: Context): InvokeHandler {
  return async (inputs) => {
    const cryptoKey = stringIn(inputs, "cryptoKey");
    const number = typeof inputs["version"] === "number" ? inputs["version"] : 1;
    const name = `${cryptoKey}/cryptoKeyVersions/${number}`;
    const version = await client.call("GET", `/v1/${name}`);
    await client.call("GET", `/v1/${cryptoKey}`);
    const key = await publicKey(`/v1/${name}/publicKey`);
    return {
      cryptoKey,
      version: number,
      id: `//cloudkms.googleapis.com/v1/${name}`,
      name,
      state: textOf(version, "state"),
      algorithm: textOf(version, "algorithm"),
      protectionLevel: textOf(version, "protectionLevel"),
      publicKeys: [{ algorithm: textOf(key, "algorithm"), pem: textOf(key, "pem") }],
    };
  };

  async function publicKey(path: string) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await client.call("GET", path);
      } catch (error) {
        const pending = error instanceof GoogleRefusal && error.message.includes("PENDING_GENERATION");
        if (!pending || attempt === MAXIMUM_ATTEMPTS) throw error;
        await delay(WAIT_MILLISECONDS);
      }
    }
  }
}

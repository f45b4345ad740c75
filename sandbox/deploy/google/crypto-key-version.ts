import { setTimeout as delay } from "node:timers/promises";
import type { InvokeHandler, ResourceHandler } from "../handler.ts";
import { GoogleRefusal } from "./client.ts";
import type { Context } from "./context.ts";
import { readInputs } from "./inputs.ts";
import { textOf } from "./json.ts";

const WAIT_MILLISECONDS = 50;
const MAXIMUM_ATTEMPTS = 400;

/** A version of a key. Its creation does not wait until the key is made. */
export function cryptoKeyVersionHandler({ client }: Context): ResourceHandler {
  return {
    async create(_name, properties) {
      const inputs = readInputs("kms.CryptoKeyVersion", properties);
      const created = await client.call("POST", `/v1/${inputs.string("cryptoKey")}/cryptoKeyVersions`, {});
      const id = textOf(created, "name");
      const version = await client.call("GET", `/v1/${id}`);
      const computed = {
        name: id,
        state: textOf(version, "state"),
        algorithm: textOf(version, "algorithm"),
        protectionLevel: textOf(version, "protectionLevel"),
        generateTime: textOf(version, "generateTime"),
        attestations: [],
      };
      return { id, outputs: { ...properties, ...computed } };
    },
    async delete({ id }) {
      // The provider takes every refusal here for a deletion.
      await client.call("POST", `/v1/${id}:destroy`, {}).catch((error: unknown) => {
        if (!(error instanceof GoogleRefusal)) throw error;
      });
    },
  };
}

/** Looks up a version of a key with its public key, for which it waits while the key is being made. */
export function getCryptoKeyVersion({ client }: Context): InvokeHandler {
  return async (properties) => {
    const inputs = readInputs("kms.getKMSCryptoKeyVersion", properties);
    const cryptoKey = inputs.string("cryptoKey");
    const number = typeof properties["version"] === "number" ? properties["version"] : 1;
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

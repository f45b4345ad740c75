import { setTimeout as delay } from "node:timers/promises";
import type { InvokeHandler } from "../handler.ts";
import { GoogleRefusal } from "./client.ts";
import type { Context } from "./context.ts";
import { stringIn } from "./inputs.ts";
import { textOf } from "./json.ts";

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

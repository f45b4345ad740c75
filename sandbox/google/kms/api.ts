import type { Api, Cloud } from "../cloud.ts";
import { alreadyExists, invalidField, notFound } from "../errors.ts";
import { fields } from "../fields.ts";
import { policyRoutes } from "../iam/policies.ts";
import { requireLocation } from "../locations.ts";
import { type Call, masked, type Route, requiredQuery } from "../routes.ts";
import { type CryptoKey, createCryptoKey, type KeyVersion } from "./keys.ts";

const SERVICE = "cloudkms.googleapis.com";
const CHANGEABLE = ["labels", "versionTemplate", "rotationPeriod", "nextRotationTime"];
const ID = /^[a-zA-Z0-9_-]{1,63}$/;
const RINGS = "/v1/projects/{project}/locations/{location}/keyRings";
const KEYS = `${RINGS}/{ring}/cryptoKeys`;
const VERSIONS = `${KEYS}/{key}/cryptoKeyVersions`;

/** Key rings, keys and versions (Cloud KMS, REST reference v1). Rings can't be deleted, as in the real one. */
export function createKeyManagement(cloud: Cloud): Api {
  const rings = new Map<string, object>();
  const keys = new Map<string, CryptoKey>();
  const parentOf = (call: Call) => `projects/${cloud.project}/locations/${call.parameter("location")}`;
  const ringOf = (call: Call) => `${parentOf(call)}/keyRings/${call.parameter("ring")}`;
  const keyOf = (call: Call) => `${ringOf(call)}/cryptoKeys/${call.parameter("key")}`;
  const versionOf = (call: Call) => `${keyOf(call)}/cryptoKeyVersions/${call.parameter("version")}`;

  /**
   * @decision The id of a key ring or key has 1 to 63 letters, digits, _ and -; another is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/kms/v1/service.proto,
   * CreateKeyRingRequest.key_ring_id, CreateCryptoKeyRequest.crypto_key_id: "match the regular expression
   * [a-zA-Z0-9_-]{1,63}".
   * @matters deployment fails: Pulumi makes the key's name from the stack's.
   */
  function requireId(id: string, field: string): void {
    if (!ID.test(id)) throw invalidField(field, "1 to 63 letters, digits, _ and -");
  }

  /**
   * @decision A key that is not there is refused with 404, as a key whose ring is not there is.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2, google-beta/transport/transport.go,
   * HandleNotFoundError, which services/kms/resource_kms_crypto_key.go calls.
   * @matters deployment fails: a refresh makes a lost key again, which means a new key for the Okta app.
   */
  function existingKey(call: Call): CryptoKey {
    const key = keys.get(keyOf(call));
    if (!key) throw notFound(keyOf(call));
    return key;
  }

  /**
   * @decision A key version that is not there is refused with 404.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/services/kms/resource_kms_crypto_key_version.go, Read: HandleNotFoundError.
   * @matters deployment fails: a refresh makes the version again.
   */
  function existingVersion(call: Call): KeyVersion {
    const version = existingKey(call).version(call.parameter("version"));
    if (!version) throw notFound(versionOf(call));
    return version;
  }

  /**
   * @decision A key ring whose name exists is refused with 409, though the stack that made it was destroyed.
   * @evidence recorded: hashicorp/terraform-provider-google#1214: "Error 409: KeyRing … already exists.,
   * alreadyExists".
   * @matters deployment fails: the ring's name has a suffix, so that a destroyed stack can be made again.
   */
  function createRing(call: Call): object {
    const id = requiredQuery(call, "keyRingId");
    requireLocation(call.parameter("location"));
    cloud.locations.require("a key ring", call.parameter("location"));
    requireId(id, "keyRingId");
    const name = `${parentOf(call)}/keyRings/${id}`;
    if (rings.has(name)) throw alreadyExists(name);
    const ring = { name, createTime: new Date().toISOString() };
    rings.set(name, ring);
    return ring;
  }

  /**
   * @decision A key whose name exists in its ring is refused with 409.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/kms/v1/service.proto,
   * CreateCryptoKeyRequest.crypto_key_id: "must be unique within a KeyRing"; google/rpc/code.proto maps
   * ALREADY_EXISTS to 409.
   * @matters sandbox only: the ring is made with the key.
   *
   * @decision A key gets a first version with it unless skipInitialVersionCreation is set; versions are numbered from
   * 1.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/kms/v1/service.proto,
   * CreateCryptoKeyRequest.skip_initial_version_creation; resources.proto, CryptoKeyVersion: "the next sequential
   * id".
   * @matters sign-in lost: the public key of the version that signs is what Okta knows.
   */
  function createKey(call: Call): object {
    if (!rings.has(ringOf(call))) throw notFound(ringOf(call));
    const id = requiredQuery(call, "cryptoKeyId");
    requireId(id, "cryptoKeyId");
    const name = `${ringOf(call)}/cryptoKeys/${id}`;
    if (keys.has(name)) throw alreadyExists(name);
    const key = createCryptoKey(name, call.fields());
    keys.set(name, key);
    if (call.query("skipInitialVersionCreation") !== "true") key.createVersion();
    return key.resource();
  }

  /**
   * @decision A PATCH of a key needs updateMask, and changes its labels and what the versions from then on are made
   * as.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/services/kms/resource_kms_crypto_key.go, Update: updateMask of labels, rotationPeriod,
   * versionTemplate.….
   * @matters sandbox only: the program changes nothing of a key.
   */
  function patchKey(call: Call): object {
    requiredQuery(call, "updateMask");
    const key = existingKey(call);
    key.configure(fields(masked(call, key.resource(), CHANGEABLE), ""));
    return key.resource();
  }

  /**
   * @decision A PATCH of a version can enable and disable it, and nothing else.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/kms/v1/service.proto,
   * UpdateCryptoKeyVersion.
   * @matters sign-in lost: a version that was disabled by hand signs nothing until it is enabled again.
   */
  function patchVersion(call: Call): object {
    requiredQuery(call, "updateMask");
    const version = existingVersion(call);
    const { state } = masked(call, {}, ["state"]);
    if (state !== "ENABLED" && state !== "DISABLED")
      throw invalidField("state", "must be ENABLED or DISABLED");
    version.setDisabled(state === "DISABLED");
    return version.resource();
  }

  const project = { service: SERVICE, resource: () => `projects/${cloud.project}` } as const;
  const onKey = { service: SERVICE, resource: keyOf } as const;
  const onVersion = { service: SERVICE, path: `${VERSIONS}/{version}`, resource: versionOf } as const;
  const permission = (name: string) => `cloudkms.cryptoKeyVersions.${name}`;

  const routes: readonly Route[] = [
    /**
     * @decision A key ring is made by cloudkms.keyRings.create on the project, with its id in the query keyRingId,
     * and answered at once.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/kms/resource_kms_key_ring.go, Create: keyRings?keyRingId=…, no operation is awaited.
     * @matters sandbox only: the one who deploys is the owner here.
     */
    { ...project, method: "POST", path: RINGS, permission: "cloudkms.keyRings.create", handle: createRing },
    /**
     * @decision A key ring is read by its name; there is no method to delete one.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/kms/resource_kms_key_ring.go, Read, and Delete: no call, "cannot be deleted from Google
     * Cloud".
     * @matters misleading: `leftovers` does not name a ring, which costs nothing.
     */
    {
      method: "GET",
      path: `${RINGS}/{ring}`,
      service: SERVICE,
      resource: ringOf,
      permission: "cloudkms.keyRings.get",
      handle(call) {
        const ring = rings.get(ringOf(call));
        /**
         * @decision A key ring that is not there is refused with 404.
         * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
         * google-beta/services/kms/resource_kms_key_ring.go, Read: HandleNotFoundError.
         * @matters deployment fails: a refresh makes the ring again, or finds that its name is taken.
         */
        if (!ring) throw notFound(ringOf(call));
        return ring;
      },
    },
    /**
     * @decision A key is made in its ring by cloudkms.cryptoKeys.create on the ring.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/kms/resource_kms_crypto_key.go, Create:
     * cryptoKeys?cryptoKeyId=…&skipInitialVersionCreation=….
     * @matters sandbox only: the one who deploys is the owner here.
     */
    {
      method: "POST",
      path: KEYS,
      service: SERVICE,
      resource: ringOf,
      permission: "cloudkms.cryptoKeys.create",
      handle: createKey,
    },
    /**
     * @decision A key is answered with purpose, version template and the time until destruction; an asymmetric one
     * without a primary version.
     * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/kms/v1/resources.proto, CryptoKey.primary:
     * "ENCRYPT_DECRYPT may have a primary. For other keys, this field will be omitted".
     * @matters deployment fails: a refresh must find nothing to change.
     */
    {
      ...onKey,
      method: "GET",
      path: `${KEYS}/{key}`,
      permission: "cloudkms.cryptoKeys.get",
      handle: (call) => existingKey(call).resource(),
    },
    /**
     * @decision A key is changed by cloudkms.cryptoKeys.update on the key.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/kms/resource_kms_crypto_key.go, Update: PATCH of the key's own name.
     * @matters sandbox only: the program changes nothing of a key.
     */
    {
      ...onKey,
      method: "PATCH",
      path: `${KEYS}/{key}`,
      permission: "cloudkms.cryptoKeys.update",
      handle: patchKey,
    },
    /**
     * @decision A POST to cryptoKeyVersions makes the key's next version, which is answered as PENDING_GENERATION.
     * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/kms/v1/service.proto,
     * CreateCryptoKeyVersion; resources.proto, PENDING_GENERATION.
     * @matters sign-in lost: a rotation makes the new version while the old one signs.
     */
    {
      ...onKey,
      method: "POST",
      path: VERSIONS,
      permission: permission("create"),
      handle: (call) => existingKey(call).createVersion().resource(),
    },
    /**
     * @decision The versions of a key are listed, the destroyed among them. Here the whole list is one page.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/kms/resource_kms_crypto_key.go, clearCryptoKeyVersions reads the list and destroys each
     * version that is neither DESTROYED nor DESTROY_SCHEDULED.
     * @matters wrong access: a destroyed stack leaves no version that signs.
     */
    {
      ...onKey,
      method: "GET",
      path: VERSIONS,
      permission: permission("list"),
      handle(call) {
        const versions = existingKey(call).versions();
        return {
          cryptoKeyVersions: versions.map((version) => version.resource()),
          totalSize: versions.length,
        };
      },
    },
    /**
     * @decision One version is read by its name, with its state and algorithm.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/kms/resource_kms_crypto_key_version.go, Read.
     * @matters deployment fails: a refresh takes a version's state as it is.
     */
    {
      ...onVersion,
      method: "GET",
      permission: permission("get"),
      handle: (call) => existingVersion(call).resource(),
    },
    /**
     * @decision A version is changed by cloudkms.cryptoKeyVersions.update on the version.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/kms/resource_kms_crypto_key_version.go, Update: PATCH with updateMask=state.
     * @matters sandbox only: the one who deploys is the owner here.
     */
    { ...onVersion, method: "PATCH", permission: permission("update"), handle: patchVersion },
    /**
     * @decision The public key of a version is answered as PEM with its checksum, for
     * cloudkms.cryptoKeyVersions.viewPublicKey.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/kms/data_source_google_kms_crypto_key_version.go: GET of <version>/publicKey, of which pem
     * and algorithm are kept.
     * @matters sign-in lost: Okta is given the key that the deployment reads so.
     */
    {
      ...onVersion,
      method: "GET",
      path: `${onVersion.path}/publicKey`,
      permission: permission("viewPublicKey"),
      handle: (call) => existingVersion(call).publicKey(),
    },
    /**
     * @decision A signature is made by cloudkms.cryptoKeyVersions.useToSign on the key version, which a role on its key gives.
     * @evidence documentation: Cloud KMS, REST reference, cryptoKeyVersions.asymmetricSign: "Authorization requires the following
     * IAM permission on the specified resource" (https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys.cryptoKeyVersions/asymmetricSign);
     * Cloud KMS, "Permissions and roles": roles/cloudkms.signer has it and nothing that reads a public key.
     * @matters sign-in lost: roles/cloudkms.signer is bound on each of the two keys for one account.
     */
    {
      ...onVersion,
      method: "POST",
      path: `${onVersion.path}:asymmetricSign`,
      permission: permission("useToSign"),
      handle: (call) => existingVersion(call).sign(call.fields()),
    },
    /**
     * @decision A POST to :destroy schedules the version's destruction and answers the version.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/kms/resource_kms_crypto_key_version.go, Delete: POST <version>:destroy.
     * @matters sign-in lost: from then on the version signs nothing.
     */
    {
      ...onVersion,
      method: "POST",
      path: `${onVersion.path}:destroy`,
      permission: permission("destroy"),
      handle(call) {
        const version = existingVersion(call);
        version.destroy(existingKey(call).destroyScheduledMilliseconds);
        return version.resource();
      },
    },
    ...policyRoutes(cloud.policies, {
      ...onKey,
      path: `${KEYS}/{key}`,
      readMethod: "GET",
      permission: "cloudkms.cryptoKeys",
      exists: (name) => keys.has(name),
      grantable: "cloudkms.",
    }),
  ];

  return {
    routes,
    leftovers: () =>
      [...keys.values()].flatMap((key) =>
        key
          .versions()
          .filter((version) => version.isAlive())
          .map((version) => `key version ${version.name}, not scheduled for destruction`),
      ),
  };
}

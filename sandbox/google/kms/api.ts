import type { Api, Cloud } from "../cloud.ts";
import { alreadyExists, invalidField, notFound } from "../errors.ts";
import { fields } from "../fields.ts";
import { policyRoutes } from "../iam/policy-routes.ts";
import { requireLocation } from "../regions.ts";
import { type Call, type Route, requiredQuery } from "../routes.ts";
import { masked } from "../update-mask.ts";
import { type CryptoKey, createCryptoKey } from "./keys.ts";
import type { KeyVersion } from "./versions.ts";

const SERVICE = "cloudkms.googleapis.com";
const CHANGEABLE = ["labels", "versionTemplate", "rotationPeriod", "nextRotationTime"];
const ID = /^[a-zA-Z0-9_-]{1,63}$/;
const RINGS = "/v1/projects/{project}/locations/{location}/keyRings";
const KEYS = `${RINGS}/{ring}/cryptoKeys`;
const VERSIONS = `${KEYS}/{key}/cryptoKeyVersions`;

/** Key rings, keys and versions (Cloud KMS, REST reference v1). Rings and keys can't be deleted, as in the real one. */
export function createKeyManagement(cloud: Cloud): Api {
  const rings = new Map<string, object>();
  const keys = new Map<string, CryptoKey>();
  const parentOf = (call: Call) => `projects/${cloud.project}/locations/${call.parameter("location")}`;
  const ringOf = (call: Call) => `${parentOf(call)}/keyRings/${call.parameter("ring")}`;
  const keyOf = (call: Call) => `${ringOf(call)}/cryptoKeys/${call.parameter("key")}`;
  const versionOf = (call: Call) => `${keyOf(call)}/cryptoKeyVersions/${call.parameter("version")}`;

  function requireId(id: string, field: string): void {
    if (!ID.test(id)) throw invalidField(field, "1 to 63 letters, digits, _ and -");
  }

  function existingKey(call: Call): CryptoKey {
    const key = keys.get(keyOf(call));
    if (!key) throw notFound(keyOf(call));
    return key;
  }

  function existingVersion(call: Call): KeyVersion {
    const version = existingKey(call).version(call.parameter("version"));
    if (!version) throw notFound(versionOf(call));
    return version;
  }

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

  function patchKey(call: Call): object {
    requiredQuery(call, "updateMask");
    const key = existingKey(call);
    key.configure(fields(masked(call, key.resource(), CHANGEABLE), ""));
    return key.resource();
  }

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
    { ...project, method: "POST", path: RINGS, permission: "cloudkms.keyRings.create", handle: createRing },
    {
      method: "GET",
      path: `${RINGS}/{ring}`,
      service: SERVICE,
      resource: ringOf,
      permission: "cloudkms.keyRings.get",
      handle(call) {
        const ring = rings.get(ringOf(call));
        if (!ring) throw notFound(ringOf(call));
        return ring;
      },
    },
    {
      method: "POST",
      path: KEYS,
      service: SERVICE,
      resource: ringOf,
      permission: "cloudkms.cryptoKeys.create",
      handle: createKey,
    },
    {
      ...onKey,
      method: "GET",
      path: `${KEYS}/{key}`,
      permission: "cloudkms.cryptoKeys.get",
      handle: (call) => existingKey(call).resource(),
    },
    {
      ...onKey,
      method: "PATCH",
      path: `${KEYS}/{key}`,
      permission: "cloudkms.cryptoKeys.update",
      handle: patchKey,
    },
    {
      ...onKey,
      method: "POST",
      path: VERSIONS,
      permission: permission("create"),
      handle: (call) => existingKey(call).createVersion().resource(),
    },
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
    {
      ...onVersion,
      method: "GET",
      permission: permission("get"),
      handle: (call) => existingVersion(call).resource(),
    },
    { ...onVersion, method: "PATCH", permission: permission("update"), handle: patchVersion },
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

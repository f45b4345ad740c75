import type { Api, Cloud } from "./cloud.ts";
import { crc32c } from "./crc32c.ts";
import { alreadyExists, GoogleError, invalidField, notFound } from "./errors.ts";
import { type Fields, fields, optionalDuration, readLabels } from "./fields.ts";
import { policyRoutes } from "./iam/policies.ts";
import type { Principal } from "./iam/tokens.ts";
import { requireRegion } from "./locations.ts";
import { type Call, masked, type Route, requiredQuery } from "./routes.ts";

/** Secrets and their versions (Secret Manager, REST reference v1). */
export interface SecretManager extends Api {
  /**
   * Reads a version's text as a principal, as Cloud Run does for an environment variable.
   * @throws GoogleError when it is missing, disabled or not permitted
   */
  read(principal: Principal, secret: string, version: string): string;
}

interface SecretVersion {
  readonly id: string;
  readonly data: Buffer;
  readonly createTime: string;
  state: "ENABLED" | "DISABLED" | "DESTROYED";
}

interface Secret {
  readonly id: string;
  resource: Readonly<Record<string, unknown>>;
  readonly versions: SecretVersion[];
}

const SERVICE = "secretmanager.googleapis.com";
const SECRETS = "/v1/projects/{project}/secrets";
const SECRET_ID = /^[A-Za-z0-9_-]{1,255}$/;
const MAXIMUM_BYTES = 65_536;

/**
 * Where a secret is stored.
 *
 * @decision A secret that is replicated automatically can only be made where the organization allows `global`; one with replicas of its own, where it allows each of their locations.
 * @evidence documentation: Google Cloud, "Choose a replication policy" (https://cloud.google.com/secret-manager/docs/choosing-replication)
 * @matters deployment fails: the hook's secret must be replicated in the stack's region.
 */
function locationsOf(replication: Fields): readonly string[] {
  if (replication.has("automatic")) return ["global"];
  const locations = replication
    .object("userManaged")
    .objects("replicas")
    .map((replica) => replica.string("location"));
  for (const location of locations) requireRegion(location);
  return locations;
}

/** The Secret Manager API of one project. Answers carry the project's number, as the real one's do. */
export function createSecretManager(cloud: Cloud): SecretManager {
  const secrets = new Map<string, Secret>();
  const resource = (id: string) => `projects/${cloud.project}/secrets/${id}`;
  const answered = (id: string) => `projects/${cloud.projectNumber}/secrets/${id}`;
  const secretOf = (call: Call) => resource(call.parameter("secret"));
  const versionOf = (call: Call) => `${secretOf(call)}/versions/${call.parameter("version")}`;

  /**
   * @decision A secret that is not there is refused with 404.
   * @evidence recorded: googleapis/repo-automation-bots#3385: "5 NOT_FOUND: Secret
   * [projects/856896688174/secrets/owl_botq] not found or has no versions."
   * @matters misleading: a function whose secret is gone reports it in its log.
   */
  function find(id: string): Secret {
    const secret = secrets.get(id);
    if (!secret) throw notFound(resource(id));
    return secret;
  }

  /**
   * @decision A version that is not there is refused with 404.
   * @evidence recorded: googleapis/repo-automation-bots#3385: "5 NOT_FOUND: Secret
   * [projects/856896688174/secrets/owl_botq] not found or has no versions."
   * @matters sign-in lost: a function whose secret has no version does not start.
   *
   * @decision The latest version is the one that was made last, whatever its state.
   * @evidence recorded: google-github-actions/get-secretmanager-secrets#268: versions/latest is refused with "Secret Version
   * […/versions/4] is in DESTROYED state."; googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/service.proto,
   * AccessSecretVersionRequest.name: "latest is an alias to the most recently created".
   * @matters sign-in lost: a value that is destroyed without another is not followed by the one before.
   */
  function findVersion(secret: Secret, id: string): SecretVersion {
    const found = id === "latest" ? secret.versions.at(-1) : secret.versions.find((one) => one.id === id);
    if (!found) throw notFound(`${resource(secret.id)}/versions/${id}`);
    return found;
  }

  function describe(secret: Secret, version: SecretVersion): object {
    const { id, createTime, state } = version;
    return { name: `${answered(secret.id)}/versions/${id}`, createTime, state };
  }

  /**
   * @decision A version that is disabled or destroyed is not read: 400 FAILED_PRECONDITION, with its state.
   * @evidence recorded: google-github-actions/get-secretmanager-secrets#268, the whole body;
   * external-secrets/external-secrets#4042 for DISABLED.
   * @matters sign-in lost: a function whose secret's version is destroyed does not start.
   */
  function readable(secret: Secret, id: string): SecretVersion {
    const version = findVersion(secret, id);
    if (version.state === "ENABLED") return version;
    throw new GoogleError(
      "FAILED_PRECONDITION",
      `Secret Version [${answered(secret.id)}/versions/${version.id}] is in ${version.state} state.`,
    );
  }

  /**
   * @decision A secret whose name exists is refused with 409, its name with the project's number.
   * @evidence recorded: google/exposure-notifications-verification-server#456: "Error 409: Secret
   * [projects/435468002770/secrets/csrf-token] already exists."
   * @matters deployment fails: the secrets' names have a suffix.
   *
   * @decision A secret's id has 1 to 255 letters, digits, _ and -; another is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/service.proto,
   * CreateSecretRequest.secret_id: "a string with a maximum length of 255 characters", of letters, numerals, hyphen
   * and underscore.
   * @matters deployment fails: Pulumi makes the id from the stack's name.
   *
   * @decision A secret needs one of the two replications, and keeps it.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/resources.proto,
   * Replication (one of automatic and user_managed), Secret.replication: "cannot be changed after the Secret has been
   * created".
   * @matters deployment fails: a change of region replaces the secret.
   */
  function create(call: Call): object {
    const id = requiredQuery(call, "secretId");
    if (!SECRET_ID.test(id)) throw invalidField("secretId", "1 to 255 letters, digits, _ and -");
    if (secrets.has(id)) throw alreadyExists(answered(id));
    const body = call.fields();
    const replication = body.object("replication");
    if (replication.has("automatic") === replication.has("userManaged")) {
      throw body.invalid("replication", "needs one of automatic and userManaged");
    }
    cloud.locations.require("a secret", ...locationsOf(replication));
    const secret = {
      ...readSecretSettings(body),
      name: answered(id),
      replication: replication.raw,
      createTime: new Date().toISOString(),
    };
    secrets.set(id, { id, resource: secret, versions: [] });
    return secret;
  }

  /**
   * @decision A PATCH of a secret needs updateMask; its name, replication and time stay.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/service.proto,
   * UpdateSecretRequest.update_mask (required); resources.proto, Secret.replication (immutable).
   * @matters sandbox only: the program changes labels at most.
   */
  function patch(call: Call): object {
    requiredQuery(call, "updateMask");
    const secret = find(call.parameter("secret"));
    const { name, replication, createTime, ...before } = secret.resource;
    secret.resource = {
      ...readSecretSettings(fields(masked(call, before, secretSettings), "")),
      name,
      replication,
      createTime,
    };
    return secret.resource;
  }

  /**
   * @decision A version holds up to 64 KiB; more is refused with 400. Versions are numbered from 1.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/resources.proto,
   * SecretPayload.data: "Must be no larger than 64KiB"; SecretVersion.name: "start at 1 and are incremented".
   * @matters deployment fails: the hook's secret is far below it.
   */
  function addVersion(call: Call): object {
    const secret = find(call.parameter("secret"));
    const payload = call.fields().object("payload");
    const data = Buffer.from(payload.string("data"), "base64");
    if (data.length > MAXIMUM_BYTES) throw payload.invalid("data", `over ${MAXIMUM_BYTES} bytes`);
    const version: SecretVersion = {
      id: String(secret.versions.length + 1),
      data,
      createTime: new Date().toISOString(),
      state: "ENABLED",
    };
    secret.versions.push(version);
    return describe(secret, version);
  }

  function access(call: Call): object {
    const secret = find(call.parameter("secret"));
    const version = readable(secret, call.parameter("version"));
    return {
      name: `${answered(secret.id)}/versions/${version.id}`,
      payload: { data: version.data.toString("base64"), dataCrc32c: String(crc32c(version.data)) },
    };
  }

  function changeState(verb: string, state: SecretVersion["state"]): Route {
    /**
     * @decision A version is enabled, disabled and destroyed by methods of their own, which answer the version; a destroyed one
     * stays in the list.
     * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/service.proto, EnableSecretVersion,
     * DisableSecretVersion, DestroySecretVersion: "and irrevocably destroys the secret data".
     * @matters sign-in lost: a rotation destroys the old value of the hook's secret so.
     *
     * @decision Nothing is done to a destroyed version: 400 FAILED_PRECONDITION.
     * @evidence recorded: hashicorp/terraform-provider-google#12504: destroying a destroyed version is refused with 400.
     * @matters deployment fails: the provider does not swallow this answer when a destroy comes a second time.
     */
    function handle(call: Call): object {
      const secret = find(call.parameter("secret"));
      const version = findVersion(secret, call.parameter("version"));
      if (version.state === "DESTROYED") {
        throw new GoogleError("FAILED_PRECONDITION", `Secret version ${version.id} is destroyed.`);
      }
      version.state = state;
      return describe(secret, version);
    }
    return {
      ...onVersion,
      method: "POST",
      path: `${onVersion.path}:${verb}`,
      permission: `secretmanager.versions.${verb}`,
      handle,
    };
  }

  const one = { service: SERVICE, path: `${SECRETS}/{secret}`, resource: secretOf } as const;
  const onVersion = {
    service: SERVICE,
    path: `${SECRETS}/{secret}/versions/{version}`,
    resource: versionOf,
  } as const;

  return {
    read(principal, id, version) {
      cloud.access.require(principal, "secretmanager.versions.access", `${resource(id)}/versions/${version}`);
      return readable(find(id), version).data.toString();
    },
    leftovers: () => [...secrets.keys()].map((id) => `secret ${resource(id)}`),
    routes: [
      /**
       * @decision A secret is made by secretmanager.secrets.create on the project, with its id in the query secretId.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/secretmanager/resource_secret_manager_secret.go, Create: secrets?secretId=….
       * @matters sandbox only: the one who deploys is the owner here.
       */
      {
        method: "POST",
        path: SECRETS,
        service: SERVICE,
        permission: "secretmanager.secrets.create",
        resource: () => `projects/${cloud.project}`,
        handle: create,
      },
      /**
       * @decision A secret is answered with its replication and never with a payload.
       * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/resources.proto,
       * Secret, which has no payload; SecretPayload is in the answer of AccessSecretVersion only.
       * @matters wrong access: who may read the stack's resources does not read the secret.
       */
      {
        ...one,
        method: "GET",
        permission: "secretmanager.secrets.get",
        handle: (call) => find(call.parameter("secret")).resource,
      },
      /**
       * @decision The secrets of a project are listed with totalSize. Here the whole list is one page.
       * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/service.proto,
       * ListSecretsResponse.
       * @matters sandbox only: nothing of the product lists secrets.
       */
      {
        method: "GET",
        path: SECRETS,
        service: SERVICE,
        permission: "secretmanager.secrets.list",
        resource: () => `projects/${cloud.project}`,
        handle: () => ({
          secrets: [...secrets.values()].map((secret) => secret.resource),
          totalSize: secrets.size,
        }),
      },
      /**
       * @decision A secret is changed by secretmanager.secrets.update on the secret.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/secretmanager/resource_secret_manager_secret.go, Update: PATCH with updateMask.
       * @matters sandbox only: the one who deploys is the owner here.
       */
      { ...one, method: "PATCH", permission: "secretmanager.secrets.update", handle: patch },
      /**
       * @decision A DELETE deletes a secret with all its versions, at once.
       * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/service.proto,
       * DeleteSecret.
       * @matters sign-in lost: there is no way back for the hook's secret.
       */
      {
        ...one,
        method: "DELETE",
        permission: "secretmanager.secrets.delete",
        handle(call) {
          const secret = find(call.parameter("secret"));
          secrets.delete(secret.id);
          cloud.policies.drop(resource(secret.id));
          return {};
        },
      },
      /**
       * @decision A POST to :addVersion adds an enabled version, which is the latest from then on.
       * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/service.proto,
       * AddSecretVersion; resources.proto, SecretVersion.State.
       * @matters sign-in lost: a rotation adds the new value of the hook's secret so.
       */
      {
        ...one,
        method: "POST",
        path: `${one.path}:addVersion`,
        permission: "secretmanager.versions.add",
        handle: addVersion,
      },
      /**
       * @decision A version is answered with its state, without its payload.
       * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/resources.proto,
       * SecretVersion has no payload.
       * @matters wrong access: secretmanager.viewer reads no value.
       */
      {
        ...onVersion,
        method: "GET",
        permission: "secretmanager.versions.get",
        handle(call) {
          const secret = find(call.parameter("secret"));
          return describe(secret, findVersion(secret, call.parameter("version")));
        },
      },
      /**
       * @decision Only :access answers a payload, for secretmanager.versions.access, with its checksum.
       * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/service.proto,
       * AccessSecretVersion; resources.proto, SecretPayload.data_crc32c.
       * @matters wrong access: only the functions' accounts hold it on the hook's secret.
       */
      {
        ...onVersion,
        method: "GET",
        path: `${onVersion.path}:access`,
        permission: "secretmanager.versions.access",
        handle: access,
      },
      changeState("enable", "ENABLED"),
      changeState("disable", "DISABLED"),
      changeState("destroy", "DESTROYED"),
      ...policyRoutes(cloud.policies, {
        ...one,
        readMethod: "GET",
        permission: "secretmanager.secrets",
        exists: (name) => secrets.has(name.slice(resource("").length)),
        grantable: "secretmanager.",
      }),
    ],
  };
}

/** What can be set, and later changed, on a secret (Secret Manager, REST reference v1: projects.secrets). */
const secretSettings: readonly string[] = [
  "labels",
  "annotations",
  "rotation",
  "topics",
  "ttl",
  "expireTime",
  "versionAliases",
  "versionDestroyTtl",
];

/** Reads the settings of a secret; a time to live becomes the time at which it expires. */
function readSecretSettings(body: Fields): Readonly<Record<string, unknown>> {
  const ttl = optionalDuration(body, "ttl");
  const others = secretSettings.filter((key) => key !== "ttl" && body.has(key));
  return {
    ...Object.fromEntries(others.map((key) => [key, body.raw[key]])),
    ...(ttl === undefined ? {} : { expireTime: new Date(Date.now() + ttl).toISOString() }),
    labels: readLabels(body),
  };
}

import type { Api, Cloud } from "./cloud.ts";
import { crc32c } from "./crc32c.ts";
import { alreadyExists, GoogleError, invalidField, notFound } from "./errors.ts";
import { type Fields, fields } from "./fields.ts";
import { policyRoutes } from "./iam/policy-routes.ts";
import type { Principal } from "./iam/principal.ts";
import { requireRegion } from "./regions.ts";
import { type Call, type Route, requiredQuery } from "./routes.ts";
import { readSecretSettings, secretSettings } from "./secret-settings.ts";
import { masked } from "./update-mask.ts";

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

  function find(id: string): Secret {
    const secret = secrets.get(id);
    if (!secret) throw notFound(resource(id));
    return secret;
  }

  function findVersion(secret: Secret, id: string): SecretVersion {
    const version = secret.versions.find((one) => one.id === id);
    const found = id === "latest" ? secret.versions.findLast((one) => one.state !== "DESTROYED") : version;
    if (!found) throw notFound(`${resource(secret.id)}/versions/${id}`);
    return found;
  }

  function describe(secret: Secret, version: SecretVersion): object {
    const { id, createTime, state } = version;
    return { name: `${answered(secret.id)}/versions/${id}`, createTime, state };
  }

  function readable(secret: Secret, id: string): SecretVersion {
    const version = findVersion(secret, id);
    if (version.state === "ENABLED") return version;
    throw new GoogleError(
      "FAILED_PRECONDITION",
      `Secret Version [${answered(secret.id)}/versions/${version.id}] is in ${version.state} state.`,
    );
  }

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
    return {
      ...onVersion,
      method: "POST",
      path: `${onVersion.path}:${verb}`,
      permission: `secretmanager.versions.${verb}`,
      handle(call) {
        const secret = find(call.parameter("secret"));
        const version = findVersion(secret, call.parameter("version"));
        if (version.state === "DESTROYED") {
          throw new GoogleError("FAILED_PRECONDITION", `Secret version ${version.id} is destroyed.`);
        }
        version.state = state;
        return describe(secret, version);
      },
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
      {
        method: "POST",
        path: SECRETS,
        service: SERVICE,
        permission: "secretmanager.secrets.create",
        resource: () => `projects/${cloud.project}`,
        handle: create,
      },
      {
        ...one,
        method: "GET",
        permission: "secretmanager.secrets.get",
        handle: (call) => find(call.parameter("secret")).resource,
      },
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
      { ...one, method: "PATCH", permission: "secretmanager.secrets.update", handle: patch },
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
      {
        ...one,
        method: "POST",
        path: `${one.path}:addVersion`,
        permission: "secretmanager.versions.add",
        handle: addVersion,
      },
      {
        ...onVersion,
        method: "GET",
        permission: "secretmanager.versions.get",
        handle(call) {
          const secret = find(call.parameter("secret"));
          return describe(secret, findVersion(secret, call.parameter("version")));
        },
      },
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

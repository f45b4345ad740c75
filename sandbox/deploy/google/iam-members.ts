import type { ResourceHandler } from "../handler.ts";
import type { Context } from "./context.ts";
import { type IamMemberKind, iamMemberHandler } from "./iam-member.ts";
import type { Inputs } from "./inputs.ts";
import { createLock } from "./lock.ts";
import { autoName } from "./names.ts";

const WRITE = { method: "POST", suffix: ":setIamPolicy", body: (policy: object) => ({ policy }) } as const;
const READ_BY_GET = { method: "GET", suffix: ":getIamPolicy" } as const;
const READ_VERSION_3 = { method: "GET", suffix: ":getIamPolicy?options.requestedPolicyVersion=3" } as const;
const READ_BY_POST = { method: "POST", suffix: ":getIamPolicy" } as const;

/** Takes a name that may be a full one: only its last segment counts. */
function lastSegment(name: string): string {
  return name.split("/").at(-1) ?? name;
}

/** Project and location, from the inputs or the provider. */
function place(inputs: Inputs, context: Context) {
  return {
    project: inputs.optionalString("project") ?? context.project,
    location: inputs.optionalString("location") ?? context.region,
  };
}

function inLocation(version: string, collection: string, key: string) {
  return (outputs: Inputs) =>
    `/${version}/projects/${outputs.string("project")}/locations/${outputs.string("location")}/${collection}/${lastSegment(outputs.string(key))}`;
}

const KINDS: Readonly<Record<string, IamMemberKind>> = {
  "gcp:projects/iAMMember:IAMMember": {
    type: "projects.IAMMember",
    target: (inputs) => ({ project: inputs.string("project") }),
    path: (outputs) => `/v1/projects/${lastSegment(outputs.string("project"))}`,
    read: { ...READ_BY_POST, body: { options: { requestedPolicyVersion: 3 } } },
    write: { ...WRITE, body: (policy) => ({ policy, updateMask: "bindings,etag,auditConfigs" }) },
  },
  "gcp:serviceaccount/iAMMember:IAMMember": {
    type: "serviceaccount.IAMMember",
    target(inputs) {
      const serviceAccountId = inputs.string("serviceAccountId");
      if (!/^projects\/[^/]+\/serviceAccounts\/[^/]+$/.test(serviceAccountId)) {
        throw inputs.error("serviceAccountId", "must be projects/…/serviceAccounts/…");
      }
      return { serviceAccountId };
    },
    path: (outputs) => `/v1/${outputs.string("serviceAccountId")}`,
    read: { method: "POST", suffix: ":getIamPolicy?options.requestedPolicyVersion=3" },
    write: WRITE,
  },
  "gcp:storage/bucketIAMMember:BucketIAMMember": {
    type: "storage.BucketIAMMember",
    target: (inputs) => ({ bucket: inputs.string("bucket") }),
    path: (outputs) => `/storage/v1/b/${outputs.string("bucket").replace(/^b\//, "")}`,
    read: { method: "GET", suffix: "/iam?optionsRequestedPolicyVersion=3" },
    write: { method: "PUT", suffix: "/iam", body: (policy) => policy },
  },
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": {
    type: "artifactregistry.RepositoryIamMember",
    target: (inputs, _name, context) => ({
      ...place(inputs, context),
      repository: inputs.string("repository"),
    }),
    path: inLocation("v1", "repositories", "repository"),
    read: READ_BY_GET,
    write: WRITE,
  },
  "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": {
    type: "kms.CryptoKeyIAMMember",
    target: (inputs) => ({ cryptoKeyId: inputs.string("cryptoKeyId") }),
    path: (outputs) => `/v1/${outputs.string("cryptoKeyId")}`,
    read: READ_VERSION_3,
    write: WRITE,
  },
  "gcp:secretmanager/secretIamMember:SecretIamMember": {
    type: "secretmanager.SecretIamMember",
    target: (inputs, _name, context) => ({
      project: inputs.optionalString("project") ?? context.project,
      secretId: inputs.string("secretId"),
    }),
    path: (outputs) =>
      `/v1/projects/${outputs.string("project")}/secrets/${lastSegment(outputs.string("secretId"))}`,
    read: READ_VERSION_3,
    write: WRITE,
  },
  // The provider names these two by itself when the program forgets to, and then binds to what is not there.
  "gcp:cloudtasks/queueIamMember:QueueIamMember": {
    type: "cloudtasks.QueueIamMember",
    target: (inputs, name, context) => ({
      ...place(inputs, context),
      name: inputs.optionalString("name") ?? autoName(name),
    }),
    path: inLocation("v2", "queues", "name"),
    read: READ_BY_POST,
    write: WRITE,
  },
  "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": {
    type: "cloudrunv2.ServiceIamMember",
    target: (inputs, name, context) => ({
      ...place(inputs, context),
      name: inputs.optionalString("name") ?? autoName(name),
    }),
    path: inLocation("v2", "services", "name"),
    read: READ_BY_GET,
    write: WRITE,
  },
};

/** The handlers of every kind of IAM member, which share one lock: two members of a resource share its policy. */
export function iamMemberHandlers(context: Context): Readonly<Record<string, ResourceHandler>> {
  const lock = createLock();
  const entries = Object.entries(KINDS).map(([token, kind]) => [
    token,
    iamMemberHandler(kind, context, lock),
  ]);
  return Object.fromEntries(entries);
}

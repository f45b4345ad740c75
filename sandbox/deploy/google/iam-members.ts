import type { Properties, ResourceHandler } from "../handler.ts";
import { formed } from "./constraints.ts";
import { createLock, type IamMemberKind, iamMemberHandler } from "./iam-member.ts";
import { lastSegment, stringIn } from "./inputs.ts";
import type { Context } from "./resource.ts";
import { replacing, required, text } from "./schema.ts";

const WRITE = { method: "POST", suffix: ":setIamPolicy", body: (policy: object) => ({ policy }) } as const;
const READ_BY_GET = { method: "GET", suffix: ":getIamPolicy" } as const;
const READ_VERSION_3 = { method: "GET", suffix: ":getIamPolicy?options.requestedPolicyVersion=3" } as const;
const READ_BY_POST = { method: "POST", suffix: ":getIamPolicy" } as const;

const named = required(replacing(text));
const place = { project: replacing(text), location: replacing(text) } as const;

function inLocation(version: string, collection: string, key: string) {
  return (target: Properties) =>
    `/${version}/projects/${stringIn(target, "project")}/locations/${stringIn(target, "location")}/${collection}/${lastSegment(stringIn(target, key))}`;
}

/** Every kind of IAM member by its type's token. */
function kinds({ project, region }: Context): Readonly<Record<string, IamMemberKind>> {
  const here = { project, location: region };
  return {
    "gcp:projects/iAMMember:IAMMember": {
      target: { project: named },
      deleteBeforeReplace: true,
      path: (target) => `/v1/projects/${lastSegment(stringIn(target, "project"))}`,
      read: { ...READ_BY_POST, body: { options: { requestedPolicyVersion: 3 } } },
      write: { ...WRITE, body: (policy) => ({ policy, updateMask: "bindings,etag,auditConfigs" }) },
    },
    "gcp:serviceaccount/iAMMember:IAMMember": {
      target: { serviceAccountId: named },
      validate: ({ serviceAccountId }) =>
        formed(
          "serviceAccountId",
          serviceAccountId,
          /^projects\/[^/]+\/serviceAccounts\/[^/]+$/,
          "must be projects/…/serviceAccounts/…",
        ),
      path: (target) => `/v1/${stringIn(target, "serviceAccountId")}`,
      read: { method: "POST", suffix: ":getIamPolicy?options.requestedPolicyVersion=3" },
      write: WRITE,
    },
    "gcp:storage/bucketIAMMember:BucketIAMMember": {
      target: { bucket: named },
      path: (target) => `/storage/v1/b/${stringIn(target, "bucket").replace(/^b\//, "")}`,
      read: { method: "GET", suffix: "/iam?optionsRequestedPolicyVersion=3" },
      write: { method: "PUT", suffix: "/iam", body: (policy) => policy },
    },
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": {
      target: { repository: named, ...place },
      defaults: here,
      path: inLocation("v1", "repositories", "repository"),
      read: READ_BY_GET,
      write: WRITE,
    },
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": {
      target: { cryptoKeyId: named },
      path: (target) => `/v1/${stringIn(target, "cryptoKeyId")}`,
      read: READ_VERSION_3,
      write: WRITE,
    },
    "gcp:secretmanager/secretIamMember:SecretIamMember": {
      target: { secretId: named, project: replacing(text) },
      defaults: { project },
      path: (target) =>
        `/v1/projects/${stringIn(target, "project")}/secrets/${lastSegment(stringIn(target, "secretId"))}`,
      read: READ_VERSION_3,
      write: WRITE,
    },
    "gcp:cloudtasks/queueIamMember:QueueIamMember": {
      target: { name: replacing(text), ...place },
      defaults: here,
      autoNamed: true,
      path: inLocation("v2", "queues", "name"),
      read: READ_BY_POST,
      write: WRITE,
    },
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": {
      target: { name: replacing(text), ...place },
      defaults: here,
      autoNamed: true,
      path: inLocation("v2", "services", "name"),
      read: READ_BY_GET,
      write: WRITE,
    },
  };
}

/** The handlers of every kind of IAM member, which share one lock: two members of a resource share its policy. */
export function iamMemberHandlers(context: Context): Readonly<Record<string, ResourceHandler>> {
  const lock = createLock();
  return Object.fromEntries(
    Object.entries(kinds(context)).map(([token, kind]) => [token, iamMemberHandler(kind, context, lock)]),
  );
}

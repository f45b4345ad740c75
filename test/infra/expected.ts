import type { RecordedResource, Recording } from "../support/recorder.ts";
import { byName, inputsOf } from "./declare.ts";

/** The member name of an account. @param part what it is named after, such as `grant` */
export const account = (part: string) =>
  `serviceAccount:signin-groups-${part}-1234567@acme-identity.iam.gserviceaccount.com`;
/** The address of an account. */
export const email = (part: string) => account(part).slice("serviceAccount:".length);
/** The labels of every resource that has labels. */
export const labels = { application: "signin-groups", stack: "dev" };
/** Where resources are declared. */
export const place = { project: "acme-identity", location: "europe-west1" };
/** How full names of resources in that place begin. */
export const located = "projects/acme-identity/locations/europe-west1";
/** The full name of the key ring. */
export const ring = `${located}/keyRings/signin-groups-keys-1234567`;
/** The full name of the key of `grant`. */
export const key = `${ring}/cryptoKeys/signin-groups-signing-key-1234567`;
/** The full name of the key of `reconcile`. */
export const logReaderKey = `${ring}/cryptoKeys/signin-groups-log-reader-key-1234567`;
/** The address of a function. */
export const url = (functionName: string) => `https://signin-groups-${functionName}-1234567.run.app`;
/** The full name of a queue. */
export const queue = (name: string) => `${located}/queues/signin-groups-${name}-1234567`;

/** How many resources of each type the default configuration has. */
export const defaultCounts = {
  "signin-groups:index:SignInGroups": 1,
  "gcp:artifactregistry/repository:Repository": 1,
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": 1,
  "gcp:cloudfunctionsv2/function:Function": 3,
  "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": 3,
  "gcp:cloudscheduler/job:Job": 2,
  "gcp:cloudtasks/queue:Queue": 2,
  "gcp:cloudtasks/queueIamMember:QueueIamMember": 3,
  "gcp:kms/cryptoKey:CryptoKey": 2,
  "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": 2,
  "gcp:kms/cryptoKeyVersion:CryptoKeyVersion": 2,
  "gcp:kms/keyRing:KeyRing": 1,
  "gcp:projects/iAMMember:IAMMember": 2,
  "gcp:logging/metric:Metric": 10,
  "gcp:monitoring/alertPolicy:AlertPolicy": 16,
  "gcp:monitoring/customService:CustomService": 1,
  "gcp:monitoring/dashboard:Dashboard": 1,
  "gcp:monitoring/slo:Slo": 2,
  "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": 1,
  "gcp:projects/service:Service": 13,
  "gcp:secretmanager/secret:Secret": 1,
  "gcp:secretmanager/secretIamMember:SecretIamMember": 1,
  "gcp:secretmanager/secretVersion:SecretVersion": 1,
  "gcp:serviceaccount/account:Account": 6,
  "gcp:storage/bucket:Bucket": 2,
  "gcp:storage/bucketIAMMember:BucketIAMMember": 1,
  "gcp:storage/bucketObject:BucketObject": 1,
  "okta:app/oAuth:OAuth": 2,
  "okta:app/oauthRoleAssignment:OauthRoleAssignment": 2,
  "okta:group/group:Group": 1,
  "okta:index/adminRoleCustom:AdminRoleCustom": 1,
  "okta:index/appOauthApiScope:AppOauthApiScope": 2,
  "okta:index/eventHook:EventHook": 1,
  "okta:index/eventHookVerification:EventHookVerification": 1,
  "okta:index/resourceSet:ResourceSet": 1,
  "random:index/randomPassword:RandomPassword": 1,
  "random:index/randomUuid:RandomUuid": 1,
};

/** The rules in the environment of a function. */
export function rulesOf(recording: Recording, functionName: string): unknown {
  const service = inputsOf(byName(recording)(functionName, "Function"))["serviceConfig"];
  const environment = Reflect.get(Object(service), "environmentVariables");
  return JSON.parse(String(Reflect.get(Object(environment), "RULES")));
}

/** The `kid` of an app's only key. */
export function keyIdOf(app: RecordedResource): string {
  const [key] = Object(inputsOf(app)["jwks"]);
  return String(Reflect.get(Object(key), "kid"));
}

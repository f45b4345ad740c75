import { describe, expect, it } from "vitest";
import { checkInputs } from "../../../../sandbox/deploy/check.ts";
import { googleProvider } from "../../../../sandbox/deploy/google/provider.ts";
import type { Properties } from "../../../../sandbox/deploy/handler.ts";
import { unknown } from "../../../../sandbox/deploy/properties.ts";

// Nothing listens there: a preview calls nobody.
const { resources } = googleProvider({
  url: "http://127.0.0.1:9",
  accessToken: "none",
  project: "p",
  region: "europe-west1",
  programFolder: "/nowhere",
});

function failuresOf(type: string, inputs: Properties): readonly string[] {
  const handler = resources[type];
  if (!handler) throw new Error(`No handler for ${type}`);
  return checkInputs(handler, "thing", undefined, inputs).failures.map(({ property }) => property);
}

const ACCOUNT = "gcp:serviceaccount/account:Account";
const BUCKET = "gcp:storage/bucket:Bucket";
const OBJECT = "gcp:storage/bucketObject:BucketObject";
const REPOSITORY = "gcp:artifactregistry/repository:Repository";
const KEY = "gcp:kms/cryptoKey:CryptoKey";
const SECRET = "gcp:secretmanager/secret:Secret";
const VERSION = "gcp:secretmanager/secretVersion:SecretVersion";
const QUEUE = "gcp:cloudtasks/queue:Queue";
const QUEUE_MEMBER = "gcp:cloudtasks/queueIamMember:QueueIamMember";
const JOB = "gcp:cloudscheduler/job:Job";
const FUNCTION = "gcp:cloudfunctionsv2/function:Function";
const RUN_SERVICE = "gcp:cloudrunv2/service:Service";

const queue = { location: "europe-west1" };
const repository = { repositoryId: "r", format: "DOCKER" };
const policy = (fields: Properties) => ({ ...repository, cleanupPolicies: [{ id: "one", ...fields }] });
const http = (fields: Properties) => ({ httpTarget: { uri: "https://a.example", ...fields } });
const appEngine = (fields: Properties) => ({ appEngineHttpTarget: { relativeUri: "/", ...fields } });
const service = (serviceConfig: Properties) => ({ location: "europe-west1", serviceConfig });
const run = (template: Properties) => ({ location: "europe-west1", template });
const container = (fields: Properties) => run({ containers: [fields] });

describe("a preview refuses", () => {
  it.each<[string, string, Properties, string]>([
    ["an account's id in capitals", ACCOUNT, { accountId: "Runner" }, "accountId"],
    ["an account's id that is short", ACCOUNT, { accountId: "run" }, "accountId"],
    ["a long description of an account", ACCOUNT, { description: "a".repeat(257) }, "description"],
    ["an API that is not a domain", "gcp:projects/service:Service", { service: "cloudtasks" }, "service"],
    ["a queue without place", QUEUE, {}, "location"],
    ["a queue in an unknown state", QUEUE, { ...queue, desiredState: "STOPPED" }, "desiredState"],
    [
      "a method in small letters",
      QUEUE,
      { ...queue, httpTarget: { httpMethod: "post" } },
      "httpTarget.httpMethod",
    ],
    [
      "an unknown scheme",
      QUEUE,
      { ...queue, httpTarget: { uriOverride: { scheme: "https" } } },
      "httpTarget.uriOverride.scheme",
    ],
    [
      "an unknown way to enforce",
      QUEUE,
      { ...queue, httpTarget: { uriOverride: { uriOverrideEnforceMode: "SOMETIMES" } } },
      "httpTarget.uriOverride.uriOverrideEnforceMode",
    ],
    [
      "a token for nobody",
      QUEUE,
      { ...queue, httpTarget: { oidcToken: { audience: "a" } } },
      "httpTarget.oidcToken.serviceAccountEmail",
    ],
    [
      "a misspelt field of a block",
      QUEUE,
      { ...queue, retryConfig: { maxAttempt: 3 } },
      "retryConfig.maxAttempt",
    ],
    ["a member without prefix", QUEUE_MEMBER, { name: "q", role: "r", member: "runner@p" }, "member"],
    [
      "a condition without expression",
      QUEUE_MEMBER,
      { name: "q", role: "r", member: "a:b", condition: { title: "t" } },
      "condition.expression",
    ],
    [
      "a project's member without project",
      "gcp:projects/iAMMember:IAMMember",
      { role: "r", member: "a:b" },
      "project",
    ],
    [
      "an account by only its email",
      "gcp:serviceaccount/iAMMember:IAMMember",
      { serviceAccountId: "runner@p", role: "r", member: "a:b" },
      "serviceAccountId",
    ],
    ["a bucket's label in capitals", BUCKET, { location: "EU", labels: { Team: "a" } }, "labels.Team"],
    [
      "objects in an unknown state",
      BUCKET,
      { location: "EU", lifecycleRules: [{ action: { type: "Delete" }, condition: { withState: "DEAD" } }] },
      "lifecycleRules[0].condition.withState",
    ],
    ["an object of nothing", OBJECT, { bucket: "b" }, "source"],
    [
      "an object of a type and of none",
      OBJECT,
      { bucket: "b", content: "c", contentType: "a/b", forceEmptyContentType: true },
      "contentType",
    ],
    ["a repository without id", REPOSITORY, { format: "DOCKER" }, "repositoryId"],
    ["an unknown mode", REPOSITORY, { ...repository, mode: "STANDARD" }, "mode"],
    ["an unknown action of a policy", REPOSITORY, policy({ action: "FORGET" }), "cleanupPolicies[0].action"],
    [
      "an unknown state of a tag",
      REPOSITORY,
      policy({ condition: { tagState: "any" } }),
      "cleanupPolicies[0].condition.tagState",
    ],
    [
      "a remote repository of no kind",
      REPOSITORY,
      { ...repository, remoteRepositoryConfig: { description: "d" } },
      "remoteRepositoryConfig.aptRepository",
    ],
    ["a rotation within a day", KEY, { keyRing: "r", rotationPeriod: "3600s" }, "rotationPeriod"],
    ["a rotation in words", KEY, { keyRing: "r", rotationPeriod: "90 days" }, "rotationPeriod"],
    [
      "an unknown state of a version",
      "gcp:kms/cryptoKeyVersion:CryptoKeyVersion",
      { cryptoKey: "k", state: "ON" },
      "state",
    ],
    ["a secret replicated nowhere", SECRET, { replication: {} }, "replication.auto"],
    [
      "a secret replicated twice",
      SECRET,
      { replication: { auto: {}, userManaged: { replicas: [{ location: "europe-west1" }] } } },
      "replication.auto",
    ],
    [
      "a version that says two things",
      VERSION,
      { secret: "s", secretData: "a", secretDataWo: "b" },
      "secretDataWo",
    ],
    ["a job without target", JOB, { schedule: "* * * * *" }, "httpTarget"],
    ["a job of two targets", JOB, { ...http({}), pubsubTarget: { topicName: "t" } }, "httpTarget"],
    ["a target without address", JOB, { httpTarget: { httpMethod: "GET" } }, "httpTarget.uri"],
    ["a body that is not base64", JOB, http({ body: '{"a":1}' }), "httpTarget.body"],
    ["a body of half its base64", JOB, http({ body: "YWI" }), "httpTarget.body"],
    ["data that is not base64", JOB, { pubsubTarget: { topicName: "t", data: "a b" } }, "pubsubTarget.data"],
    ["a length of one's own", JOB, http({ headers: { "Content-Length": "3" } }), "httpTarget.headers"],
    ["a header of Google's", JOB, http({ headers: { "X-Google-Own": "1" } }), "httpTarget.headers"],
    [
      "a header of App Engine's",
      JOB,
      appEngine({ headers: { "X-AppEngine-A": "1" } }),
      "appEngineHttpTarget.headers",
    ],
    [
      "two tokens",
      JOB,
      http({ oauthToken: { serviceAccountEmail: "a" }, oidcToken: { serviceAccountEmail: "a" } }),
      "httpTarget.oauthToken",
    ],
    ["a token of a job for nobody", JOB, http({ oidcToken: {} }), "httpTarget.oidcToken.serviceAccountEmail"],
    ["retries of which nothing is said", JOB, { ...http({}), retryConfig: {} }, "retryConfig"],
    [
      "a routing of which nothing is said",
      JOB,
      appEngine({ appEngineRouting: {} }),
      "appEngineHttpTarget.appEngineRouting",
    ],
    ["a service without a template", RUN_SERVICE, { location: "europe-west1" }, "template"],
    ["a container without an image", RUN_SERVICE, container({}), "template.containers[0].image"],
    [
      "a variable without a name",
      RUN_SERVICE,
      container({ image: "i", envs: [{}] }),
      "template.containers[0].envs[0].name",
    ],
    [
      "source without an object",
      RUN_SERVICE,
      container({ image: "i", sourceCode: { cloudStorageSource: { bucket: "b" } } }),
      "template.containers[0].sourceCode.cloudStorageSource.object",
    ],
    ["a time-out without its unit", RUN_SERVICE, run({ timeout: "10" }), "template.timeout"],
    ["an ingress of functions", RUN_SERVICE, { ...run({}), ingress: "ALLOW_ALL" }, "ingress"],
    ["an unknown launch stage", RUN_SERVICE, { ...run({}), launchStage: "GAMMA" }, "launchStage"],
    [
      "a connector and interfaces to a network",
      RUN_SERVICE,
      run({ vpcAccess: { connector: "c", networkInterfaces: [{}] } }),
      "template.vpcAccess.connector",
    ],
    ["an unknown ingress", FUNCTION, service({ ingressSettings: "ALL" }), "serviceConfig.ingressSettings"],
    ["a time-out with a unit", FUNCTION, service({ timeoutSeconds: "60s" }), "serviceConfig.timeoutSeconds"],
    [
      "a secret without version",
      FUNCTION,
      service({ secretEnvironmentVariables: [{ key: "A", projectId: "p", secret: "s" }] }),
      "serviceConfig.secretEnvironmentVariables[0].version",
    ],
    [
      "a connector next to an interface",
      FUNCTION,
      service({ vpcConnector: "c", directVpcNetworkInterfaces: [{ network: "n" }] }),
      "serviceConfig.directVpcNetworkInterfaces",
    ],
  ])("%s", (_case, type, inputs, property) => {
    expect(failuresOf(type, inputs)).toEqual([property]);
  });
});

describe("a preview lets pass what only Google refuses", () => {
  it.each<[string, string, Properties]>([
    ["memory in words", FUNCTION, service({ availableMemory: "banana" })],
    [
      "concurrency on a part of a CPU",
      FUNCTION,
      service({ availableCpu: "0.5", maxInstanceRequestConcurrency: 80 }),
    ],
    ["more instances at least than at most", FUNCTION, service({ minInstanceCount: 3, maxInstanceCount: 2 })],
    [
      "memory of a service in words",
      RUN_SERVICE,
      container({ image: "i", resources: { limits: { memory: "banana" } } }),
    ],
    [
      "a variable that is there twice",
      RUN_SERVICE,
      container({
        image: "i",
        envs: [
          { name: "A", value: "1" },
          { name: "A", value: "2" },
        ],
      }),
    ],
    [
      "a reserved variable of a service",
      RUN_SERVICE,
      container({ image: "i", envs: [{ name: "PORT", value: "1" }] }),
    ],
    ["a service without containers", RUN_SERVICE, run({})],
    ["a reserved variable", FUNCTION, service({ environmentVariables: { PORT: "1" } })],
    [
      "a secret by its full name",
      FUNCTION,
      service({
        secretEnvironmentVariables: [
          { key: "A", projectId: "p", secret: "projects/p/secrets/s", version: "1" },
        ],
      }),
    ],
    ["an unknown runtime", FUNCTION, { location: "x", buildConfig: { runtime: "cobol" } }],
    ["a function without a build", FUNCTION, { location: "europe-west99" }],
    ["a bucket's label with a dot in its value", BUCKET, { location: "EU", labels: { team: "a.b" } }],
    ["a function's label in capitals", FUNCTION, { location: "x", labels: { Team: "a" } }],
    ["a duration in words", QUEUE, { ...queue, retryConfig: { minBackoff: "soon" } }],
    ["a negative rate", QUEUE, { ...queue, rateLimits: { maxDispatchesPerSecond: -1 } }],
    ["a schedule that is none", JOB, { ...http({}), schedule: "whenever" }],
    ["a time zone that is none", JOB, { ...http({}), timeZone: "Mars" }],
    ["too many retries", JOB, { ...http({}), retryConfig: { retryCount: 99 } }],
    ["an unknown role", QUEUE_MEMBER, { role: "owner", member: "sa:x" }],
    ["an unknown algorithm", KEY, { keyRing: "r", purpose: "SIGN", versionTemplate: { algorithm: "ROT13" } }],
    ["a bucket's name in capitals", BUCKET, { location: "EU", name: "Bucket" }],
    ["a version of a short name", VERSION, { secret: "s" }],
    ["an unknown format", REPOSITORY, { repositoryId: "R", format: "TAPE" }],
  ])("%s", (_case, type, inputs) => {
    expect(failuresOf(type, inputs)).toEqual([]);
  });
});

it("what is known only after the update passes", () => {
  expect(failuresOf(ACCOUNT, { accountId: unknown, description: unknown })).toEqual([]);
  expect(failuresOf(QUEUE_MEMBER, { name: unknown, role: unknown, member: unknown })).toEqual([]);
  expect(failuresOf(BUCKET, { location: unknown, labels: unknown })).toEqual([]);
  expect(failuresOf(BUCKET, { location: unknown, labels: { team: unknown } })).toEqual([]);
  expect(failuresOf(OBJECT, { bucket: unknown, source: unknown })).toEqual([]);
  expect(failuresOf(KEY, { keyRing: unknown, rotationPeriod: unknown })).toEqual([]);
  expect(failuresOf(SECRET, { replication: unknown })).toEqual([]);
  const target = { uri: unknown, body: unknown, headers: unknown, oidcToken: unknown };
  expect(failuresOf(JOB, { httpTarget: target, schedule: unknown, retryConfig: unknown })).toEqual([]);
  expect(failuresOf(JOB, { httpTarget: unknown })).toEqual([]);
  expect(failuresOf(JOB, http({ headers: { "X-Own": unknown } }))).toEqual([]);
  expect(failuresOf(FUNCTION, { location: unknown, buildConfig: unknown, serviceConfig: unknown })).toEqual(
    [],
  );
});

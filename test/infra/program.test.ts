import { generateKeyPairSync } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../function/shared/config.ts";
import { grantVariables, receiveVariables, reconcileVariables } from "../../function/shared/contract.ts";
import { containsSecret } from "../../sandbox/deploy/properties.ts";
import type { RecordedResource, Recording } from "../../sandbox/deploy/recorder.ts";
import { byName, countTypes, declare, inputsOf } from "./declare.ts";
import { startOrg } from "./org.ts";

const account = (part: string) =>
  `serviceAccount:signin-groups-${part}-1234567@acme-identity.iam.gserviceaccount.com`;
const email = (part: string) => account(part).slice("serviceAccount:".length);
const labels = { application: "signin-groups", stack: "dev" };
const place = { project: "acme-identity", location: "europe-west1" };
const located = "projects/acme-identity/locations/europe-west1";
const ring = `${located}/keyRings/signin-groups-keys-1234567`;
const key = `${ring}/cryptoKeys/signin-groups-signing-key-1234567`;
const logReaderKey = `${ring}/cryptoKeys/signin-groups-log-reader-key-1234567`;
const url = (functionName: string) => `https://signin-groups-${functionName}-1234567.run.app`;
const queue = (name: string) => `${located}/queues/signin-groups-${name}-1234567`;

/** How many resources of each type the default configuration has. */
const defaultCounts = {
  "signin-groups:index:SignInGroups": 1,
  "gcp:artifactregistry/repository:Repository": 1,
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": 1,
  "gcp:cloudfunctionsv2/function:Function": 3,
  "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": 3,
  "gcp:cloudscheduler/job:Job": 1,
  "gcp:cloudtasks/queue:Queue": 2,
  "gcp:cloudtasks/queueIamMember:QueueIamMember": 3,
  "gcp:kms/cryptoKey:CryptoKey": 2,
  "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": 2,
  "gcp:kms/cryptoKeyVersion:CryptoKeyVersion": 2,
  "gcp:kms/keyRing:KeyRing": 1,
  "gcp:projects/iAMMember:IAMMember": 2,
  "gcp:projects/service:Service": 12,
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

function rulesOf(recording: Recording, functionName: string): unknown {
  const service = inputsOf(byName(recording)(functionName, "Function"))["serviceConfig"];
  const environment = Reflect.get(Object(service), "environmentVariables");
  return JSON.parse(String(Reflect.get(Object(environment), "RULES")));
}

/** The `kid` of an app's only key. */
function keyIdOf(app: RecordedResource): string {
  const [key] = Object(inputsOf(app)["jwks"]);
  return String(Reflect.get(Object(key), "kid"));
}

describe("the default configuration", () => {
  let recording: Recording;
  let resource: (name: string, type?: string) => RecordedResource;

  beforeAll(async () => {
    recording = await declare({});
    resource = byName(recording);
  });

  it("declares exactly these resources, all within the component", () => {
    expect(recording.error).toBeUndefined();
    expect(countTypes(recording)).toEqual(defaultCounts);
    const [component, ...children] = recording.resources;
    for (const child of children) expect(child.parent).toBe(component?.urn);
  });

  it("declares Okta's half with exactly these inputs", () => {
    expect(resource("App Users").protect).toBe(true);
    expect(inputsOf(resource("App Users"))).toEqual({
      name: "App Users",
      description: "People get in by signing in (signin-groups, dev).",
    });
    for (const [name, label] of [
      ["service-app-1", "signin-groups (dev), key 1"],
      ["log-reader-1", "signin-groups (dev): log reader, key 1"],
    ] as const) {
      expect(inputsOf(resource(name, "OAuth"))).toEqual({
        label,
        type: "service",
        grantTypes: ["client_credentials"],
        responseTypes: ["token"],
        tokenEndpointAuthMethod: "private_key_jwt",
        omitSecret: true,
        skipAuthenticationPolicy: true,
        jwks: [
          {
            kty: "RSA",
            e: "AQAB",
            n: expect.stringMatching(/^[\w-]{342}$/),
            kid: expect.stringMatching(/^[\w-]{43}$/),
          },
        ],
      });
      expect(resource(name, "OAuth").replaceOnChanges).toEqual(["jwks"]);
    }
    expect(keyIdOf(resource("service-app-1"))).not.toBe(keyIdOf(resource("log-reader-1")));
    expect(inputsOf(resource("scopes-1"))).toEqual({
      appId: "0oa-signin-groups-service-app-1",
      issuer: "https://acme.okta.com",
      scopes: ["okta.groups.manage"],
    });
    expect(inputsOf(resource("log-reader-scopes-1"))).toEqual({
      appId: "0oa-signin-groups-log-reader-1",
      issuer: "https://acme.okta.com",
      scopes: ["okta.logs.read"],
    });
    expect(inputsOf(resource("log-reader-role-assignment-1"))).toEqual({
      clientId: "client-of-signin-groups-log-reader-1",
      type: "REPORT_ADMIN",
    });
    expect(inputsOf(resource("role"))).toEqual({
      label: "signin-groups (dev): manage members",
      description: "Lists the members of the groups in its resource set, and adds people to them.",
      permissions: ["okta.groups.members.manage", "okta.groups.read", "okta.users.groupMembership.manage"],
    });
    expect(inputsOf(resource("resource-set"))).toEqual({
      label: "signin-groups (dev): groups",
      description: "The groups that people get into by signing in, and all people.",
      resources: [
        "https://acme.okta.com/api/v1/users",
        "https://acme.okta.com/api/v1/groups/00gsigningroupsAppUsers",
      ],
    });
    expect(inputsOf(resource("role-assignment-1"))).toEqual({
      clientId: "client-of-signin-groups-service-app-1",
      type: "CUSTOM",
      role: "AdminRoleCustom:signin-groups-role",
      resourceSet: "ResourceSet:signin-groups-resource-set",
    });
    expect(inputsOf(resource("event-hook-1"))).toEqual({
      name: "signin-groups (dev), secret 1",
      status: "ACTIVE",
      events: ["user.session.start"],
      channel: { type: "HTTP", version: "1.0.0", uri: "https://signin-groups-receive-1234567.run.app" },
      auth: {
        type: "HEADER",
        key: "Authorization",
        value: "Bearer the-value-of-signin-groups-hook-secret-1",
      },
    });
    expect(inputsOf(resource("event-hook-verification-1"))).toEqual({
      eventHookId: "EventHook:signin-groups-event-hook-1",
    });
  });

  it("declares the three functions from one archive, each with an account of its own", () => {
    const archive = inputsOf(resource("archive"));
    expect(archive["name"]).toMatch(/^function-[0-9a-f]{64}\.zip$/);
    expect(archive["source"]).toMatchObject({ path: `../dist/${String(archive["name"])}` });
    const common = {
      ...place,
      labels,
      buildConfig: {
        runtime: "nodejs24",
        environmentVariables: { ARCHIVE_SHA256: /function-(.*)\.zip/.exec(String(archive["name"]))?.[1] },
        source: {
          storageSource: {
            bucket: "signin-groups-source-1234567",
            object: archive["name"],
            generation: 1_762_070_400_000_001,
          },
        },
        dockerRepository: "projects/acme-identity/locations/europe-west1/repositories/images",
        serviceAccount: `projects/acme-identity/serviceAccounts/${email("build")}`,
      },
    };
    expect(inputsOf(resource("receive", "Function"))).toEqual({
      ...common,
      description: "Answers Okta's event hook.",
      buildConfig: { ...common.buildConfig, entryPoint: "receive" },
      serviceConfig: {
        serviceAccountEmail: email("receive"),
        environmentVariables: {
          RULES: '[{"groupId":"00gsigningroupsAppUsers","on":["user.session.start"]}]',
          QUEUE: queue("memberships"),
          GRANT_URL: url("grant"),
          PROJECT: "acme-identity",
        },
        secretEnvironmentVariables: [
          {
            key: "HOOK_SECRET",
            projectId: "acme-identity",
            secret: "signin-groups-hook-secret-1234567",
            version: "1",
          },
        ],
        ingressSettings: "ALLOW_ALL",
        availableMemory: "512Mi",
        availableCpu: "1",
        maxInstanceRequestConcurrency: 80,
        timeoutSeconds: 10,
        minInstanceCount: 1,
        maxInstanceCount: 10,
        allTrafficOnLatestRevision: true,
      },
    });
    expect(inputsOf(resource("grant", "Function"))).toEqual({
      ...common,
      description: "Makes users members of groups in Okta.",
      buildConfig: { ...common.buildConfig, entryPoint: "grant" },
      serviceConfig: {
        serviceAccountEmail: email("grant"),
        environmentVariables: {
          OKTA_ORG_URL: "https://acme.okta.com",
          OKTA_CLIENT_ID: "client-of-signin-groups-service-app-1",
          OKTA_KEY_ID: keyIdOf(resource("service-app-1")),
          SIGNING_KEY_VERSION: `${key}/cryptoKeyVersions/1`,
          RATE_LIMIT_RESERVE_PERCENT: "10",
          GROUP_IDS: "00gsigningroupsAppUsers",
          TASK_SECONDS: "115",
          MEMBER_SNAPSHOT_SECONDS: "600",
          QUEUE_RETRY_SECONDS: "604800",
          PROJECT: "acme-identity",
        },
        secretEnvironmentVariables: [],
        ingressSettings: "ALLOW_INTERNAL_ONLY",
        availableMemory: "512Mi",
        availableCpu: "1",
        maxInstanceRequestConcurrency: 40,
        timeoutSeconds: 120,
        minInstanceCount: 0,
        maxInstanceCount: 1,
        allTrafficOnLatestRevision: true,
      },
    });
    expect(inputsOf(resource("reconcile", "Function"))).toEqual({
      ...common,
      description: "Reads Okta's System Log for sign-ins that the event hook did not report.",
      buildConfig: { ...common.buildConfig, entryPoint: "reconcile" },
      serviceConfig: {
        serviceAccountEmail: email("reconcile"),
        environmentVariables: {
          OKTA_ORG_URL: "https://acme.okta.com",
          OKTA_CLIENT_ID: "client-of-signin-groups-log-reader-1",
          OKTA_KEY_ID: keyIdOf(resource("log-reader-1")),
          SIGNING_KEY_VERSION: `${logReaderKey}/cryptoKeyVersions/1`,
          RATE_LIMIT_RESERVE_PERCENT: "10",
          RULES: '[{"groupId":"00gsigningroupsAppUsers","on":["user.session.start"]}]',
          QUEUE: queue("memberships"),
          GRANT_URL: url("grant"),
          STATE_BUCKET: "signin-groups-state-1234567",
          STACK_SINCE: "2026-11-02T07:45:00.000Z",
          STACK: "dev",
          BACKFILL_DAYS: "0",
          RUN_SECONDS: "270",
          PROJECT: "acme-identity",
        },
        secretEnvironmentVariables: [],
        ingressSettings: "ALLOW_INTERNAL_ONLY",
        availableMemory: "1Gi",
        availableCpu: "1",
        maxInstanceRequestConcurrency: 4,
        timeoutSeconds: 300,
        minInstanceCount: 0,
        maxInstanceCount: 1,
        allTrafficOnLatestRevision: true,
      },
    });
  });

  it("gives each function an environment that it can read", () => {
    const environmentOf = (name: string, ...secrets: string[]) => ({
      ...Object(
        Reflect.get(Object(inputsOf(resource(name, "Function"))["serviceConfig"]), "environmentVariables"),
      ),
      ...Object.fromEntries(secrets.map((secret) => [secret, "x"])),
    });
    expect(readConfig("receive", receiveVariables, environmentOf("receive", "HOOK_SECRET"))).toMatchObject({
      queue: queue("memberships"),
    });
    expect(readConfig("grant", grantVariables, environmentOf("grant"))).toMatchObject({
      rateLimitReserve: 0.1,
      taskTimeoutMs: 115_000,
      memberSnapshotAgeMs: 600_000,
    });
    expect(readConfig("reconcile", reconcileVariables, environmentOf("reconcile"))).toMatchObject({
      stackSince: Date.UTC(2026, 10, 2, 7, 45),
      stack: "dev",
      backfillDays: 0,
      runTimeoutMs: 270_000,
    });
  });

  it("keeps the moment of the first update in the Pulumi state, whatever becomes of the bucket", async () => {
    const beginning = resource("beginning");
    expect(beginning.type).toBe("random:index/randomUuid:RandomUuid");
    expect(beginning.ignoreChanges).toEqual(["keepers"]);
    const { since } = Object(inputsOf(beginning)["keepers"]);
    expect(Date.now() - Date.parse(since)).toBeLessThan(600_000);
    // A stack from before there was such a moment has at least its bucket's.
    const later = await declare({}, { beginning: "2026-11-20T00:00:00.000Z" });
    const { environmentVariables } = Object(
      inputsOf(byName(later)("reconcile", "Function"))["serviceConfig"],
    );
    expect(environmentVariables).toMatchObject({ STACK_SINCE: "2026-11-02T08:00:00.000Z" });
  });

  it("calls reconcile by a schedule, which names the queue that leads back to it", () => {
    const { httpTarget, ...job } = inputsOf(resource("schedule"));
    expect(job).toEqual({
      project: "acme-identity",
      region: "europe-west1",
      description: "Makes reconcile continue to read Okta's System Log.",
      schedule: "*/5 * * * *",
      timeZone: "Etc/UTC",
      attemptDeadline: "300s",
      retryConfig: {
        retryCount: 2,
        minBackoffDuration: "10s",
        maxBackoffDuration: "60s",
        maxDoublings: 2,
      },
    });
    const { body, ...target } = Object(httpTarget);
    expect(target).toEqual({
      httpMethod: "POST",
      uri: url("reconcile"),
      headers: { "Content-Type": "application/json" },
      oidcToken: { serviceAccountEmail: email("scheduler"), audience: url("reconcile") },
    });
    expect(JSON.parse(Buffer.from(body, "base64").toString())).toEqual({
      kind: "poll",
      continuationQueue: queue("continuations"),
    });
    for (const name of [
      "schedule-invokes-reconcile",
      "reconcile-keeps-state",
      "reconcile-signs",
      "reconcile-enqueues",
      "reconcile-continues",
    ]) {
      expect(resource("schedule").dependencies).toContain(resource(name).urn);
    }
  });

  it("declares keys, secret, queues, buckets and images with exactly these inputs", () => {
    expect(inputsOf(resource("keys"))).toEqual(place);
    for (const [name, id] of [
      ["signing-key", key],
      ["log-reader-key", logReaderKey],
    ] as const) {
      expect(inputsOf(resource(name))).toEqual({
        keyRing: ring,
        purpose: "ASYMMETRIC_SIGN",
        versionTemplate: { algorithm: "RSA_SIGN_PKCS1_2048_SHA256", protectionLevel: "SOFTWARE" },
        skipInitialVersionCreation: true,
        labels,
      });
      expect(inputsOf(resource(`${name}-1`))).toEqual({ cryptoKey: id });
    }
    expect(inputsOf(resource("hook-secret", "Secret"))).toEqual({
      project: "acme-identity",
      replication: { userManaged: { replicas: [{ location: "europe-west1" }] } },
      labels,
    });
    expect(inputsOf(resource("hook-secret-1", "RandomPassword"))).toEqual({ length: 48, special: false });
    expect(inputsOf(resource("hook-secret-1", "SecretVersion"))).toEqual({
      secret: "projects/acme-identity/secrets/signin-groups-hook-secret-1234567",
      secretData: "the-value-of-signin-groups-hook-secret-1",
    });
    for (const [name, target, caller, rateLimits] of [
      ["memberships", "grant", "invoker", { maxDispatchesPerSecond: 100, maxConcurrentDispatches: 20 }],
      ["continuations", "reconcile", "scheduler", { maxDispatchesPerSecond: 1, maxConcurrentDispatches: 2 }],
    ] as const) {
      expect(inputsOf(resource(name))).toEqual({
        ...place,
        httpTarget: {
          httpMethod: "POST",
          uriOverride: {
            scheme: "HTTPS",
            host: `signin-groups-${target}-1234567.run.app`,
            uriOverrideEnforceMode: "ALWAYS",
          },
          oidcToken: { serviceAccountEmail: email(caller), audience: url(target) },
        },
        rateLimits,
        retryConfig: {
          maxAttempts: 10,
          maxRetryDuration: "604800s",
          minBackoff: "5s",
          maxBackoff: "600s",
          maxDoublings: 16,
        },
        stackdriverLoggingConfig: { samplingRatio: 1 },
      });
    }
    expect(inputsOf(resource("state"))).toEqual({
      ...place,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      forceDestroy: true,
      softDeletePolicy: { retentionDurationSeconds: 604_800 },
      labels,
    });
    expect(inputsOf(resource("source"))).toEqual({
      ...place,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      forceDestroy: true,
      softDeletePolicy: { retentionDurationSeconds: 0 },
      labels,
    });
    expect(inputsOf(resource("images"))).toEqual({
      ...place,
      repositoryId: "signin-groups-source-1234567",
      format: "DOCKER",
      description: "Container images of signin-groups",
      cleanupPolicies: [
        { id: "delete-old", action: "DELETE", condition: { olderThan: "86400s" } },
        { id: "keep-latest", action: "KEEP", mostRecentVersions: { keepCount: 5 } },
      ],
      labels,
    });
  });

  it("names accounts so that the longest name of a component leaves room for a random suffix", () => {
    for (const { name, type, inputs } of recording.resources) {
      if (type !== "gcp:serviceaccount/account:Account") continue;
      // Without an id of its own, Pulumi makes it of the name, a hyphen and 7 characters.
      const id = String(inputs["accountId"] ?? `${name}-1234567`);
      const part = id.slice("signin-groups".length);
      expect(id, name).toMatch(new RegExp(`^${name}-[0-9a-f]{5,7}$`));
      // Google Cloud takes 30 characters, a component's name has up to 14.
      expect(`${"x".repeat(14)}${part}`.length, name).toBeLessThanOrEqual(30);
    }
  });

  it("gives each account these roles and no other", () => {
    const grants = recording.resources
      .filter(({ type }) => /Member$/.test(type))
      .map((binding) => inputsOf(binding))
      .map(({ member, role, name, repository, bucket, secretId, cryptoKeyId, condition }) => [
        member,
        role,
        name ?? repository ?? bucket ?? secretId ?? cryptoKeyId ?? "the project",
        ...(condition === undefined ? [] : [Reflect.get(Object(condition), "expression")]),
      ]);
    expect(grants.sort()).toEqual(
      [
        ["allUsers", "roles/run.invoker", "signin-groups-receive-1234567"],
        [account("build"), "roles/artifactregistry.writer", "images"],
        [account("build"), "roles/logging.logWriter", "the project"],
        [
          account("build"),
          "roles/storage.objectViewer",
          "the project",
          'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")',
        ],
        [account("grant"), "roles/cloudkms.signer", key],
        [account("invoker"), "roles/run.invoker", "signin-groups-grant-1234567"],
        [account("receive"), "roles/cloudtasks.enqueuer", "signin-groups-memberships-1234567"],
        [account("receive"), "roles/secretmanager.secretAccessor", "signin-groups-hook-secret-1234567"],
        [account("reconcile"), "roles/cloudkms.signer", logReaderKey],
        [account("reconcile"), "roles/cloudtasks.enqueuer", "signin-groups-continuations-1234567"],
        [account("reconcile"), "roles/cloudtasks.enqueuer", "signin-groups-memberships-1234567"],
        [account("reconcile"), "roles/storage.objectUser", "signin-groups-state-1234567"],
        [account("scheduler"), "roles/run.invoker", "signin-groups-reconcile-1234567"],
      ].sort(),
    );
  });

  it("builds and starts functions only after the rights that they need at once were given, and were waited for", () => {
    const needed = {
      receive: ["build-reads-source", "build-writes-images", "build-writes-logs", "receive-reads-secret"],
      grant: ["build-reads-source", "build-writes-images", "build-writes-logs"],
      reconcile: ["build-reads-source", "build-writes-images", "build-writes-logs"],
    };
    for (const [name, rights] of Object.entries(needed)) {
      const { dependencies } = resource(name, "Function");
      for (const right of rights) {
        expect(dependencies).toContain(resource(right).urn);
        expect(resource(right).hooks.afterCreate, right).toEqual(["signin-groups-after-new-right"]);
      }
    }
  });

  it("verifies only when the whole way is open and the receiver answers", () => {
    const verification = resource("event-hook-verification-1");
    expect(verification.hooks.beforeCreate).toEqual(["signin-groups-receiver-answers"]);
    for (const name of [
      "okta-invokes-receive",
      "queue-invokes-grant",
      "receive-enqueues",
      "grant-signs",
      "state",
      "event-hook-1",
    ]) {
      expect(verification.dependencies).toContain(resource(name).urn);
    }
  });

  it("deploys who speaks to Okta only when the service app may do what it is for", () => {
    for (const [name, parts] of [
      ["grant", ["scopes-1", "role-assignment-1"]],
      ["reconcile", ["log-reader-scopes-1", "log-reader-role-assignment-1"]],
    ] as const) {
      const { dependencies } = resource(name, "Function");
      expect(dependencies).toEqual(expect.arrayContaining(parts.map((part) => resource(part).urn)));
    }
  });

  it("deletes a service app, with which its role assignment goes, before the role and the resource set", () => {
    const assignment = resource("role-assignment-1");
    const app = resource("service-app-1");
    expect(assignment.deletedWith).toBe(app.urn);
    for (const part of ["role", "resource-set"]) expect(app.dependencies).toContain(resource(part).urn);
  });

  it("enables the APIs before anything of Google's, and leaves them enabled", () => {
    const services = recording.resources.filter(({ type }) => type === "gcp:projects/service:Service");
    for (const service of services) expect(inputsOf(service)["disableOnDestroy"]).toBe(false);
    for (const name of ["keys", "source", "images", "memberships", "state", "continuations", "schedule"]) {
      expect(resource(name).dependencies).toEqual(expect.arrayContaining(services.map(({ urn }) => urn)));
    }
  });

  it("keeps the hook's secret a secret wherever it goes", () => {
    const value = "the-value-of-signin-groups-hook-secret-1";
    for (const { inputs, name } of recording.resources) {
      for (const [property, input] of Object.entries(inputs)) {
        if (JSON.stringify(input).includes(value))
          expect([name, property, containsSecret(input)]).toEqual([name, property, true]);
      }
    }
    expect(JSON.stringify(recording.outputs)).not.toContain(value);
    expect(
      JSON.stringify(recording.resources.map(({ replacementTrigger }) => replacementTrigger)),
    ).not.toContain(value);
    expect(resource("event-hook-1").additionalSecretOutputs).toContain("auth");
  });

  it("exports what the next command needs", () => {
    expect(recording.outputs).toEqual({
      hookUrl: "https://signin-groups-receive-1234567.run.app",
      groupIds: { "App Users": "00gsigningroupsAppUsers" },
      serviceAppClientId: "client-of-signin-groups-service-app-1",
      queue: queue("memberships"),
      continuationQueue: queue("continuations"),
      stateBucket: "signin-groups-state-1234567",
      links: {
        oktaEventHook: "https://acme-admin.okta.com/admin/workflow/eventhooks",
        oktaServiceApp:
          "https://acme-admin.okta.com/admin/app/oidc_client/instance/0oa-signin-groups-service-app-1",
        oktaLogReader:
          "https://acme-admin.okta.com/admin/app/oidc_client/instance/0oa-signin-groups-log-reader-1",
        oktaGroups: { "App Users": "https://acme-admin.okta.com/admin/group/00gsigningroupsAppUsers" },
        queue:
          "https://console.cloud.google.com/cloudtasks/queue/europe-west1/signin-groups-memberships-1234567/tasks?project=acme-identity",
        schedule: "https://console.cloud.google.com/cloudscheduler?project=acme-identity",
        logs: `https://console.cloud.google.com/logs/query;query=${encodeURIComponent(
          'resource.type="cloud_run_revision" resource.labels.service_name=' +
            '("signin-groups-receive-1234567" OR "signin-groups-grant-1234567" OR "signin-groups-reconcile-1234567")',
        )}?project=acme-identity`,
      },
    });
  });
});

describe("a configuration with an existing group, a condition and rotated keys", () => {
  const condition = 'event.actor.alternateId.endsWith("@contractor.example")';
  const configuration = {
    "signin-groups:rules": JSON.stringify([
      { group: "App Users", on: ["user.session.start", "user.authentication.sso"] },
      { groupId: "00gContractors", on: ["user.authentication.sso"], when: condition },
      { group: "App Users", on: ["user.authentication.auth_via_mfa"] },
    ]),
    "signin-groups:hookSecretRotation": "3",
    "signin-groups:signingKeyRotation": "2",
    "signin-groups:signingKeyProtection": "HSM",
  };

  it("makes each group once, adopts the other, and keeps two secrets and two of each key with its app", async () => {
    await using org = await startOrg([]);
    const recording = await declare({ ...configuration, ...org.configuration });
    const resource = byName(recording);
    expect(recording.error).toBeUndefined();
    expect(countTypes(recording)).toEqual({
      ...defaultCounts,
      "random:index/randomPassword:RandomPassword": 2,
      "gcp:secretmanager/secretVersion:SecretVersion": 2,
      "gcp:kms/cryptoKeyVersion:CryptoKeyVersion": 4,
      "okta:app/oAuth:OAuth": 4,
      "okta:app/oauthRoleAssignment:OauthRoleAssignment": 4,
      "okta:index/appOauthApiScope:AppOauthApiScope": 4,
    });
    const rules = [
      { groupId: "00gsigningroupsAppUsers", on: ["user.session.start", "user.authentication.sso"] },
      { groupId: "00gContractors", on: ["user.authentication.sso"], when: condition },
      { groupId: "00gsigningroupsAppUsers", on: ["user.authentication.auth_via_mfa"] },
    ];
    expect(rulesOf(recording, "receive")).toEqual(rules);
    expect(rulesOf(recording, "reconcile")).toEqual(rules);
    expect(inputsOf(resource("event-hook-3"))["events"]).toEqual([
      "user.authentication.auth_via_mfa",
      "user.authentication.sso",
      "user.session.start",
    ]);
    expect(inputsOf(resource("resource-set"))["resources"]).toEqual([
      `${org.url}/api/v1/users`,
      `${org.url}/api/v1/groups/00gsigningroupsAppUsers`,
      `${org.url}/api/v1/groups/00gContractors`,
    ]);
    expect(inputsOf(resource("event-hook-3"))["auth"]).toMatchObject({
      value: "Bearer the-value-of-signin-groups-hook-secret-3",
    });
    expect(inputsOf(resource("receive", "Function"))["serviceConfig"]).toMatchObject({
      secretEnvironmentVariables: [
        { key: "HOOK_SECRET", version: "3" },
        { key: "HOOK_SECRET_PREVIOUS", version: "2" },
      ],
    });
    for (const name of ["signing-key", "log-reader-key"]) {
      expect(inputsOf(resource(name))["versionTemplate"]).toMatchObject({ protectionLevel: "HSM" });
    }
    expect(inputsOf(resource("reconcile", "Function"))["serviceConfig"]).toMatchObject({
      environmentVariables: {
        SIGNING_KEY_VERSION: `${logReaderKey}/cryptoKeyVersions/2`,
        OKTA_CLIENT_ID: "client-of-signin-groups-log-reader-2",
      },
    });
    expect(inputsOf(resource("grant", "Function"))["serviceConfig"]).toMatchObject({
      environmentVariables: {
        SIGNING_KEY_VERSION: `${key}/cryptoKeyVersions/2`,
        OKTA_CLIENT_ID: "client-of-signin-groups-service-app-2",
        GROUP_IDS: "00gsigningroupsAppUsers,00gContractors",
      },
    });
  });

  it("keeps nothing that is revoked", async () => {
    await using org = await startOrg([]);
    const recording = await declare({
      ...configuration,
      ...org.configuration,
      "signin-groups:hookSecretRevoked": "2",
      "signin-groups:signingKeyRevoked": "1",
    });
    expect(recording.error).toBeUndefined();
    expect(countTypes(recording)).toEqual(defaultCounts);
    expect(inputsOf(byName(recording)("receive", "Function"))["serviceConfig"]).toMatchObject({
      secretEnvironmentVariables: [{ key: "HOOK_SECRET", version: "3" }],
    });
  });

  it("has Okta deliver to a load balancer, and lets nobody past it", async () => {
    const hookUrl = "https://sign-ins.acme.com/hook";
    const recording = await declare({ "signin-groups:hookUrl": hookUrl });
    const resource = byName(recording);
    expect(countTypes(recording)).toEqual(defaultCounts);
    expect(inputsOf(resource("event-hook-1"))["channel"]).toMatchObject({ uri: hookUrl });
    expect(recording.outputs).toMatchObject({ hookUrl });
    const ingress = (name: string) =>
      Reflect.get(Object(inputsOf(resource(name, "Function"))["serviceConfig"]), "ingressSettings");
    expect(["receive", "grant", "reconcile"].map(ingress)).toEqual([
      "ALLOW_INTERNAL_AND_GCLB",
      "ALLOW_INTERNAL_ONLY",
      "ALLOW_INTERNAL_ONLY",
    ]);
  });

  it("verifies again when the hook changes, and not when anything else does", async () => {
    const trigger = async (changes: Readonly<Record<string, string>>) =>
      byName(await declare(changes))("event-hook-verification-1").replacementTrigger;
    const before = await trigger({});
    const otherEvents = '[{"group":"App Users","on":["user.authentication.sso"]}]';
    expect(await trigger({ "signin-groups:hookUrl": "https://sign-ins.acme.com" })).not.toEqual(before);
    expect(await trigger({ "signin-groups:rules": otherEvents })).not.toEqual(before);
    expect(
      await trigger({ "signin-groups:signingKeyRotation": "2", "signin-groups:receiveMemory": "1Gi" }),
    ).toEqual(before);
  });
});

describe("a configuration with other sizes", () => {
  it("is taken over to every setting", async () => {
    const recording = await declare(
      {
        "okta:baseUrl": "oktapreview.com",
        "signin-groups:protectGroups": "false",
        "signin-groups:receiveMemory": "4Gi",
        "signin-groups:receiveCpu": "2",
        "signin-groups:receiveConcurrency": "200",
        "signin-groups:receiveTimeoutSeconds": "5",
        "signin-groups:receiveMinInstances": "2",
        "signin-groups:receiveMaxInstances": "40",
        "signin-groups:grantMemory": "1Gi",
        "signin-groups:grantCpu": "1",
        "signin-groups:grantConcurrency": "50",
        "signin-groups:grantTimeoutSeconds": "90",
        "signin-groups:grantMinInstances": "1",
        "signin-groups:memberSnapshotInterval": "60s",
        "signin-groups:rateLimitReservePercent": "25",
        "signin-groups:queueDispatchesPerSecond": "9",
        "signin-groups:queueConcurrentDispatches": "30",
        "signin-groups:queueMinBackoff": "1.5s",
        "signin-groups:queueMaxBackoff": "3600s",
        "signin-groups:queueRetryDuration": "259200s",
        "signin-groups:reconcileSchedule": "7-59/10 6-20 * * MON-FRI",
        "signin-groups:reconcileMemory": "2Gi",
        "signin-groups:reconcileCpu": "2",
        "signin-groups:reconcileTimeoutSeconds": "1800",
        "signin-groups:backfill": "90d",
        "signin-groups:imagesToKeep": "2",
        "signin-groups:labels": '{"team":"identity"}',
      },
      { stack: "Prod.EU" },
    );
    const resource = byName(recording);
    expect(recording.error).toBeUndefined();
    expect(countTypes(recording)).toEqual(defaultCounts);
    expect(resource("App Users").protect).toBe(false);
    expect(resource("state").protect).toBe(false);
    expect(resource("service-app-1").protect).toBe(false);
    expect(inputsOf(resource("scopes-1"))["issuer"]).toBe("https://acme.oktapreview.com");
    expect(inputsOf(resource("event-hook-1"))["name"]).toBe("signin-groups (Prod.EU), secret 1");
    expect(inputsOf(resource("source"))["labels"]).toEqual({
      team: "identity",
      application: "signin-groups",
      stack: "prod-eu",
    });
    expect(inputsOf(resource("receive", "Function"))["serviceConfig"]).toMatchObject({
      availableMemory: "4Gi",
      availableCpu: "2",
      maxInstanceRequestConcurrency: 200,
      timeoutSeconds: 5,
      minInstanceCount: 2,
      maxInstanceCount: 40,
    });
    expect(inputsOf(resource("grant", "Function"))["serviceConfig"]).toMatchObject({
      availableMemory: "1Gi",
      availableCpu: "1",
      maxInstanceRequestConcurrency: 50,
      timeoutSeconds: 90,
      minInstanceCount: 1,
      maxInstanceCount: 1,
      environmentVariables: {
        TASK_SECONDS: "85",
        MEMBER_SNAPSHOT_SECONDS: "60",
        RATE_LIMIT_RESERVE_PERCENT: "25",
      },
    });
    expect(inputsOf(resource("reconcile", "Function"))["serviceConfig"]).toMatchObject({
      availableMemory: "2Gi",
      availableCpu: "2",
      timeoutSeconds: 1800,
      maxInstanceCount: 1,
      environmentVariables: {
        RUN_SECONDS: "1770",
        BACKFILL_DAYS: "90",
        RATE_LIMIT_RESERVE_PERCENT: "25",
      },
    });
    expect(inputsOf(resource("schedule"))).toMatchObject({
      schedule: "7-59/10 6-20 * * MON-FRI",
      attemptDeadline: "1800s",
    });
    const retryConfig = { minBackoff: "1.5s", maxBackoff: "3600s", maxRetryDuration: "259200s" };
    expect(inputsOf(resource("memberships"))).toMatchObject({
      rateLimits: { maxDispatchesPerSecond: 9, maxConcurrentDispatches: 30 },
      retryConfig,
    });
    expect(inputsOf(resource("continuations"))).toMatchObject({
      rateLimits: { maxDispatchesPerSecond: 1, maxConcurrentDispatches: 2 },
      retryConfig,
    });
    expect(inputsOf(resource("images"))["cleanupPolicies"]).toContainEqual({
      id: "keep-latest",
      action: "KEEP",
      mostRecentVersions: { keepCount: 2 },
    });
  });
});

describe("a preview on nothing", () => {
  it("declares everything without an error", async () => {
    const recording = await declare({}, { dryRun: true });
    expect(recording.error).toBeUndefined();
    // What hangs on a key that does not exist yet is declared all the same.
    expect(countTypes(recording)).toEqual(defaultCounts);
  });

  it("refuses a configuration before it declares anything, with every mistake", async () => {
    const recording = await declare(
      {
        "gcp:region": "Europe",
        "okta:orgName": "acme-admin",
        "signin-groups:receiveMemory": "512MB",
        "signin-groups:recieveCpu": "1",
        "signin-groups:rules":
          '[{"group":"A","on":["user.session.start"],"when":"event.actor.login == \'x\'"}]',
      },
      { dryRun: true },
    );
    expect(recording.resources).toEqual([]);
    expect(recording.error).toContain("The configuration has 5 mistakes:");
    for (const line of [
      'gcp:region is "Europe": it must be a region of Cloud Run, for example "pulumi config set gcp:region europe-west1".',
      'okta:orgName is "acme-admin": it must be the first part of the org\'s address without -admin, for example "acme" of acme.okta.com.',
      'signin-groups:receiveMemory is "512MB": it must be a whole number followed by Mi or Gi, from 128Mi to 32Gi, for example 512Mi.',
      "signin-groups:recieveCpu is 1: there is no such setting.",
      "signin-groups:rules[0].when is \"event.actor.login == 'x'\": No such key: login",
    ]) {
      expect(recording.error).toContain(line);
    }
    expect(recording.error).not.toContain("at ");
  });
});

describe("a signing key", () => {
  const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
  const pem = elliptic.export({ type: "spki", format: "pem" }).toString();

  it.each([
    [
      "that Cloud KMS does not return",
      [],
      'returned no public key for the signing key. Run "pulumi up" again.',
    ],
    [
      "that is not an RSA key",
      [{ algorithm: "EC_SIGN_P256_SHA256", pem }],
      "The signing key in Cloud KMS is not an RSA key. Add one to signingKeyRotation to create a new one.",
    ],
  ])("%s fails the update, with what to do", async (_name, publicKeys, message) => {
    const { error } = await declare({}, { publicKeys });
    expect(error).toContain(message);
    expect(error).not.toContain("error serializing property");
  });
});

describe("a function that is not serving", () => {
  const states = [
    ["failed", { state: "FAILED", serviceConfig: {} }, 'The function "grant" is FAILED, without an address'],
    ["without an address", { state: "ACTIVE", serviceConfig: { uri: "" } }, "is ACTIVE, without an address"],
  ] as const;

  it.each(states)("(%s) fails the update, also one that changes nothing", async (_name, outputs, message) => {
    const { error } = await declare({}, { functionOutputs: outputs });
    expect(error).toContain(message);
    expect(error).not.toContain("error serializing property");
    expect(error).toContain("pulumi up --refresh --replace 'urn:pulumi:dev::signin-groups::");
  });

  const served = { uri: "https://x.run.app", service: "projects/p/locations/l/services/x" };
  const unlike = [
    [
      "its code",
      { buildConfig: { environmentVariables: { ARCHIVE_SHA256: "0".repeat(64) } } },
      "its previous code",
    ],
    [
      "its memory",
      { serviceConfig: { ...served, availableMemory: "256Mi" } },
      "serviceConfig.availableMemory",
    ],
    [
      "a variable",
      { serviceConfig: { ...served, environmentVariables: { PROJECT: "other" } } },
      "serviceConfig.environmentVariables.PROJECT",
    ],
    [
      "a variable that is not there",
      { serviceConfig: { ...served, environmentVariables: {} } },
      "serviceConfig.environmentVariables.OKTA_KEY_ID",
    ],
    [
      "the hash of its archive, which is not there,",
      { buildConfig: { environmentVariables: {} } },
      "still runs its previous code",
    ],
    [
      "a secret that is used and should not be",
      {
        serviceConfig: { ...served, secretEnvironmentVariables: [{ key: "OLD", secret: "s", version: "1" }] },
      },
      "serviceConfig.secretEnvironmentVariables.OLD",
    ],
  ] as const;

  it.each(unlike)(
    "with another version of %s than was declared fails the update",
    async (_name, outputs, path) => {
      const { error } = await declare(
        {},
        { functionOutputs: { state: "ACTIVE", serviceConfig: served, ...outputs } },
      );
      expect(error).toMatch(
        /The function "grant" still runs .*: its last update failed, or did not include it/,
      );
      expect(error).toContain(path);
      expect(error).toContain("then run: pulumi up --refresh");
    },
  );

  const others = [
    [":Queue", { rateLimits: { maxDispatchesPerSecond: 7 } }, "queue", "rateLimits.maxDispatchesPerSecond"],
    [
      ":Queue",
      { httpTarget: { uriOverride: { host: "old.run.app" } } },
      "queue",
      "httpTarget.uriOverride.host",
    ],
    [":Job", { schedule: "0 0 1 1 *" }, "schedule", "schedule"],
    [":Job", { httpTarget: { uri: "https://old.run.app" } }, "schedule", "httpTarget.uri"],
  ] as const;

  it.each(others)(
    "as a %s that is not as declared does, fails the update: %o",
    async (type, answer, what, path) => {
      const { error } = await declare({}, { answers: { [type]: answer } });
      expect(error).toMatch(
        new RegExp(
          `The ${what} \\S+ has its previous settings: its last update failed, or did not include it`,
        ),
      );
      expect(error).toContain(`Not as declared: ${path}. Run: pulumi up --refresh`);
      expect(error).not.toContain("error serializing property");
    },
  );

  it("does not fail the preview of the update that fixes it", async () => {
    const { error, logs } = await declare({}, { dryRun: true, functionOutputs: states[0][1] });
    expect(error).toBeUndefined();
    expect(logs).toContainEqual({ severity: "warning", message: expect.stringContaining("is FAILED") });
  });
});

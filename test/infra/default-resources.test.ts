import { beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../function/shared/config.ts";
import { grantVariables, receiveVariables, reconcileVariables } from "../../function/shared/contract.ts";
import type { RecordedResource, Recording } from "../support/recorder.ts";
import { byName, countTypes, declare, inputsOf } from "./declare.ts";
import {
  defaultCounts,
  email,
  key,
  keyIdOf,
  labels,
  logReaderKey,
  place,
  queue,
  ring,
  url,
} from "./expected.ts";

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
          GRANT_CLIENT_IDS: "client-of-signin-groups-service-app-1",
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

  it("has reconcile check the memberships every hour, at another time than it polls", () => {
    const { httpTarget, schedule } = inputsOf(resource("check"));
    const { body, uri } = Object(httpTarget);
    expect({ schedule, uri }).toEqual({ schedule: "41 * * * *", uri: url("reconcile") });
    expect(JSON.parse(Buffer.from(body, "base64").toString())).toEqual({
      kind: "check",
      continuationQueue: queue("continuations"),
    });
    expect(resource("check").dependencies).toContain(resource("reconcile-keeps-state").urn);
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
});

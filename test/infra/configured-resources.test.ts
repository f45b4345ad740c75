import { describe, expect, it } from "vitest";
import { byName, countTypes, declare, inputsOf } from "./declare.ts";
import { defaultCounts, key, logReaderKey, rulesOf } from "./expected.ts";
import { startOrg } from "./org.ts";

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
        GRANT_CLIENT_IDS: "client-of-signin-groups-service-app-2,client-of-signin-groups-service-app-1",
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
    // A schedule that pauses for longer than a condition on absence can wait has no such alert.
    expect(countTypes(recording)).toEqual({
      ...defaultCounts,
      "gcp:monitoring/alertPolicy:AlertPolicy": 15,
    });
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

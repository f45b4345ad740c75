import { beforeAll, describe, expect, it } from "vitest";
import { containsSecret } from "../../sandbox/deploy/properties.ts";
import type { RecordedResource, Recording } from "../support/recorder.ts";
import { byName, declare, inputsOf } from "./declare.ts";
import { account, key, logReaderKey, queue } from "./expected.ts";

describe("the order and the rights of the default configuration", () => {
  let recording: Recording;
  let resource: (name: string, type?: string) => RecordedResource;

  beforeAll(async () => {
    recording = await declare({});
    resource = byName(recording);
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
      auditDestination: "",
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

import { beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../function/shared/config.ts";
import { grantVariables, receiveVariables, reconcileVariables } from "../../function/shared/contract.ts";
import type { Properties } from "../../sandbox/deploy/handler.ts";
import type { RecordedResource, Recording } from "../support/recorder.ts";
import { byName, countTypes, declare, inputsOf } from "./declare.ts";
import { email } from "./expected.ts";

const hosting = { "signin-groups:hosting": "service" };
const SERVICE = "cloudrunv2/service:Service";
const BINDING = "cloudrunv2/serviceIamMember:ServiceIamMember";

/** What a service has in common with the others, in the default configuration. */
const service = {
  project: "acme-identity",
  location: "europe-west1",
  deletionProtection: false,
  traffics: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }],
  labels: { application: "signin-groups", stack: "dev" },
};

/** The plain variables of a service's container by their names. */
function variablesOf(resource: RecordedResource): Record<string, string> {
  const [container] = Object(inputsOf(resource)["template"]).containers;
  return Object.fromEntries(
    container.envs.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
}

/** Runs an update with `hosting: service` in which Cloud Run answers something else of each service. */
function answered(answer: Properties) {
  return declare(hosting, { answers: { [SERVICE]: answer } });
}

const warnings = ({ logs }: Recording) =>
  logs.filter(({ severity }) => severity === "warning").map(({ message }) => message);

describe("with hosting: service", () => {
  let recording: Recording;
  let resource: (name: string, type?: string) => RecordedResource;

  beforeAll(async () => {
    recording = await declare(hosting);
    resource = byName(recording);
  });

  it("a stack has three services in place of the functions, and nothing that builds", async () => {
    expect(recording.error).toBeUndefined();
    const counts = countTypes(recording);
    const functions = countTypes(await declare({}));
    const without = (type: string) => ({ [type]: functions[type], [`${type} with service`]: counts[type] });
    expect(counts[`gcp:${SERVICE}`]).toBe(3);
    expect(without("gcp:cloudfunctionsv2/function:Function")).toEqual({
      "gcp:cloudfunctionsv2/function:Function": 3,
      "gcp:cloudfunctionsv2/function:Function with service": undefined,
    });
    const left = Object.entries(functions).filter(([type, count]) => counts[type] !== count);
    expect(Object.fromEntries(left.map(([type, count]) => [type, count - (counts[type] ?? 0)]))).toEqual({
      "gcp:artifactregistry/repository:Repository": 1,
      "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": 1,
      "gcp:cloudfunctionsv2/function:Function": 3,
      [`gcp:${BINDING}`]: 1,
      "gcp:projects/iAMMember:IAMMember": 2,
      "gcp:projects/service:Service": 3,
      "gcp:serviceaccount/account:Account": 1,
    });
    const enabled = recording.resources.filter(({ type }) => type === "gcp:projects/service:Service");
    expect(enabled.map((one) => String(inputsOf(one)["service"]).split(".")[0])).toEqual([
      "cloudkms",
      "cloudresourcemanager",
      "cloudscheduler",
      "cloudtasks",
      "iam",
      "logging",
      "monitoring",
      "run",
      "secretmanager",
      "storage",
    ]);
  });

  it("the archive is one tar.gz file", () => {
    const archive = inputsOf(resource("archive"));
    expect(archive).toEqual({
      bucket: "signin-groups-source-1234567",
      name: expect.stringMatching(/^service-[0-9a-f]{64}\.tar\.gz$/),
      source: expect.objectContaining({ path: `../dist/${String(archive["name"])}` }),
      contentType: "application/gzip",
    });
  });

  it("each service is declared with exactly these inputs", () => {
    const container = {
      image: "scratch",
      baseImageUri: "europe-west1-docker.pkg.dev/serverless-runtimes/google-24-full/runtimes/nodejs24",
      commands: ["node"],
      sourceCode: {
        cloudStorageSource: {
          bucket: "signin-groups-source-1234567",
          object: inputsOf(resource("archive"))["name"],
          generation: "1762070400000001",
        },
      },
      startupProbe: {
        tcpSocket: { port: 8080 },
        timeoutSeconds: 240,
        periodSeconds: 240,
        failureThreshold: 1,
      },
    };
    const resources = (memory: string) => ({
      limits: { cpu: "1", memory },
      cpuIdle: true,
      startupCpuBoost: true,
    });
    expect(inputsOf(resource("receive", SERVICE))).toEqual({
      ...service,
      description: "Answers Okta's event hook.",
      ingress: "INGRESS_TRAFFIC_ALL",
      invokerIamDisabled: true,
      scaling: { minInstanceCount: 1, maxInstanceCount: 10 },
      template: {
        serviceAccount: email("receive"),
        timeout: "10s",
        maxInstanceRequestConcurrency: 80,
        containers: [
          {
            ...container,
            args: ["--max-old-space-size=448", "index.js", "receive"],
            resources: resources("512Mi"),
            envs: [
              {
                name: "RULES",
                value: '[{"groupId":"00gsigningroupsAppUsers","on":["user.session.start"]}]',
              },
              {
                name: "QUEUE",
                value:
                  "projects/acme-identity/locations/europe-west1/queues/signin-groups-memberships-1234567",
              },
              { name: "GRANT_URL", value: "https://signin-groups-grant-1234567.run.app" },
              { name: "PROJECT", value: "acme-identity" },
              {
                name: "HOOK_SECRET",
                valueSource: { secretKeyRef: { secret: "signin-groups-hook-secret-1234567", version: "1" } },
              },
            ],
          },
        ],
      },
    });
    expect(inputsOf(resource("grant", SERVICE))).toEqual({
      ...service,
      description: "Makes users members of groups in Okta.",
      ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY",
      invokerIamDisabled: false,
      scaling: { minInstanceCount: 0, maxInstanceCount: 1 },
      template: {
        serviceAccount: email("grant"),
        timeout: "120s",
        maxInstanceRequestConcurrency: 40,
        containers: [
          {
            ...container,
            args: ["--max-old-space-size=448", "index.js", "grant"],
            resources: resources("512Mi"),
            envs: expect.any(Array),
          },
        ],
      },
    });
    expect(inputsOf(resource("reconcile", SERVICE))).toEqual({
      ...service,
      description: "Reads Okta's System Log for sign-ins that the event hook did not report.",
      ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY",
      invokerIamDisabled: false,
      scaling: { minInstanceCount: 0, maxInstanceCount: 1 },
      template: {
        serviceAccount: email("reconcile"),
        timeout: "300s",
        maxInstanceRequestConcurrency: 4,
        containers: [
          {
            ...container,
            args: ["--max-old-space-size=960", "index.js", "reconcile"],
            resources: resources("1Gi"),
            envs: expect.any(Array),
          },
        ],
      },
    });
  });

  it("each function can read its variables", () => {
    const read = (name: string) => variablesOf(resource(name, SERVICE));
    const receive = { ...read("receive"), HOOK_SECRET: "x" };
    expect(() => readConfig("receive", receiveVariables, receive)).not.toThrow();
    expect(() => readConfig("grant", grantVariables, read("grant"))).not.toThrow();
    expect(() => readConfig("reconcile", reconcileVariables, read("reconcile"))).not.toThrow();
  });

  it("only the two private services have an invoker, and nothing names allUsers", () => {
    const bindings = recording.resources.filter(({ type }) => type === `gcp:${BINDING}`);
    expect(bindings.map(inputsOf)).toEqual([
      {
        project: "acme-identity",
        location: "europe-west1",
        name: "signin-groups-grant-1234567",
        role: "roles/run.invoker",
        member: `serviceAccount:${email("invoker")}`,
      },
      {
        project: "acme-identity",
        location: "europe-west1",
        name: "signin-groups-reconcile-1234567",
        role: "roles/run.invoker",
        member: `serviceAccount:${email("scheduler")}`,
      },
    ]);
    for (const binding of bindings) {
      expect(binding.deletedWith).toMatch(/:Service::signin-groups-(grant|reconcile)$/);
    }
    expect(JSON.stringify(recording.resources)).not.toContain("allUsers");
  });

  it("queues, schedule and hook lead to the services", () => {
    const target = (name: string) => Object(inputsOf(resource(name))["httpTarget"]);
    expect(target("memberships").uriOverride.host).toBe("signin-groups-grant-1234567.run.app");
    expect(target("continuations").uriOverride.host).toBe("signin-groups-reconcile-1234567.run.app");
    expect(target("schedule").uri).toBe("https://signin-groups-reconcile-1234567.run.app");
    expect(inputsOf(resource("event-hook-1-service"))).toMatchObject({
      name: "signin-groups (dev), service, secret 1",
      channel: { uri: "https://signin-groups-receive-1234567.run.app" },
    });
    expect(inputsOf(resource("event-hook-verification-1-service"))).toEqual({
      eventHookId: "EventHook:signin-groups-event-hook-1-service",
    });
  });

  it("receive starts only when it may read the secret, and the hook is verified only when the way is open", () => {
    expect(resource("receive", SERVICE).dependencies).toContain(resource("receive-reads-secret").urn);
    const verification = resource("event-hook-verification-1-service").dependencies;
    for (const name of ["queue-invokes-grant-service", "grant-signs", "receive-enqueues", "state"]) {
      expect(verification).toContain(resource(name).urn);
    }
  });

  it("hookUrl lets only load balancers reach receive", async () => {
    const { resources, error } = await declare({
      ...hosting,
      "signin-groups:hookUrl": "https://sign-ins.acme.com",
    });
    expect(error).toBeUndefined();
    const receive = resources.find(({ urn }) => urn.endsWith(":Service::signin-groups-receive"));
    expect(receive?.inputs).toMatchObject({
      ingress: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
      invokerIamDisabled: true,
    });
  });

  it("sizes, times and numbers of instances are those of the settings", async () => {
    const recordingOfOther = await declare({
      ...hosting,
      "signin-groups:receiveMemory": "2Gi",
      "signin-groups:receiveCpu": "2",
      "signin-groups:receiveConcurrency": "200",
      "signin-groups:receiveTimeoutSeconds": "5",
      "signin-groups:receiveMinInstances": "3",
      "signin-groups:receiveMaxInstances": "30",
    });
    expect(inputsOf(byName(recordingOfOther)("receive", SERVICE))).toMatchObject({
      scaling: { minInstanceCount: 3, maxInstanceCount: 30 },
      template: {
        timeout: "5s",
        maxInstanceRequestConcurrency: 200,
        containers: [
          {
            args: ["--max-old-space-size=1984", "index.js", "receive"],
            resources: { limits: { cpu: "2", memory: "2Gi" } },
          },
        ],
      },
    });
  });

  it("a preview on nothing declares everything without an error", async () => {
    const preview = await declare(hosting, { dryRun: true });
    expect(preview.error).toBeUndefined();
    expect(countTypes(preview)).toEqual(countTypes(recording));
  });
});

describe("a service that does not run what was declared", () => {
  const revisions = {
    latestReadyRevision: "signin-groups-grant-1234567-00001-abc",
    latestCreatedRevision: "signin-groups-grant-1234567-00002-def",
  };
  const failed = {
    ...revisions,
    terminalConditions: [
      { state: "CONDITION_FAILED", message: "The user-provided container failed to start." },
    ],
  };
  const notServing = [
    [
      "whose last revision failed",
      failed,
      "its state is CONDITION_FAILED (The user-provided container failed",
    ],
    [
      "that still serves an older revision",
      revisions,
      "00002-def, and signin-groups-grant-1234567-00001-abc",
    ],
    ["without an address and conditions", { uri: "", terminalConditions: [] }, "its state is not known"],
  ] as const;

  it.each(notServing)(
    "(%s) fails the update, with the command that repairs it",
    async (_name, answer, message) => {
      const { error } = await answered(answer);
      expect(error).toContain('The service of "grant" does not run what was declared');
      expect(error).toContain(message);
      expect(error).toContain("pulumi up --refresh --replace 'urn:pulumi:dev::signin-groups::");
      expect(error).not.toContain("error serializing property");
    },
  );

  it("does not fail the preview of the update that repairs it", async () => {
    const preview = await declare(hosting, {
      dryRun: true,
      serviceOutputs: { name: "signin-groups-grant-1234567", uri: "https://x.run.app", ...failed },
    });
    expect(preview.error).toBeUndefined();
    expect(warnings(preview)).toContainEqual(expect.stringContaining("does not run what was declared"));
  });

  it("fails the update when it has other settings, and says which", async () => {
    const { error } = await answered({
      invokerIamDisabled: true,
      ingress: "INGRESS_TRAFFIC_ALL",
      scaling: { maxInstanceCount: 7 },
      traffics: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", percent: 100 }],
      template: {
        timeout: "7s",
        containers: [
          {
            args: ["--max-old-space-size=448", "index.js", "other"],
            sourceCode: { cloudStorageSource: { generation: "1" } },
            // The same amount in another unit is not another setting.
            resources: { limits: { cpu: "1000m" }, cpuIdle: false },
            envs: [
              { name: "PROJECT", value: "other" },
              { name: "OLD", valueSource: { secretKeyRef: { secret: "s", version: "1" } } },
            ],
          },
        ],
      },
    });
    expect(error).toContain(
      'The function "grant" still runs with its previous settings: its last update failed',
    );
    const paths =
      /Not as declared: (.*)\. Read its log in the Google Cloud console, then run: pulumi up --refresh/.exec(
        error ?? "",
      );
    const container = "template.containers.0";
    const missing = Object.keys(variablesOf(byName(await declare(hosting))("grant", SERVICE)));
    expect(paths?.[1]?.split(", ").sort()).toEqual(
      [
        "ingress",
        "invokerIamDisabled",
        "scaling.maxInstanceCount",
        "traffics.0.type",
        "template.timeout",
        `${container}.args.2`,
        `${container}.sourceCode.cloudStorageSource.generation`,
        `${container}.resources.cpuIdle`,
        `${container}.envs.OLD`,
        ...missing.map((name) => `${container}.envs.${name}`),
      ].sort(),
    );
  });

  it("fails the update when it has other code", async () => {
    const source = { cloudStorageSource: { object: "service-0.tar.gz" } };
    const { error } = await answered({ template: { containers: [{ sourceCode: source }] } });
    expect(error).toContain('The function "grant" still runs its previous code: its last update failed');
  });
});

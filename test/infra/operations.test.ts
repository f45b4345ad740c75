import { beforeAll, describe, expect, it } from "vitest";
import { challengeSecretOf } from "../../function/shared/challenge-secret.ts";
import { signals } from "../../function/shared/signals.ts";
import { longestPause } from "../../infra/cron.ts";
import { ConfigurationError } from "../../infra/errors.ts";
import { type Alert, alerts, documentationOf } from "../../infra/operations/alerts.ts";
import { type LogMetric, logMetrics } from "../../infra/operations/metrics.ts";
import { checkSettings } from "../../infra/settings.ts";
import { containsSecret, revealAll } from "../../sandbox/deploy/properties.ts";
import { parseFilter } from "../../sandbox/google/monitoring/filter.ts";
import type { RecordedResource, Recording } from "../support/recorder.ts";
import { byName, countTypes, declare, inputsOf } from "./declare.ts";

const service = (name: string) => `signin-groups-${name}-1234567`;

describe("what watches the integration", () => {
  let recording: Recording;
  let resource: (name: string, type?: string) => RecordedResource;

  beforeAll(async () => {
    recording = await declare({});
    resource = byName(recording);
  });

  it("counts the entries of the functions' services by their events, and no text that a person typed", () => {
    expect(inputsOf(resource("metric-memberships"))).toEqual({
      project: "acme-identity",
      description: expect.any(String),
      filter: `resource.type="cloud_run_revision" AND resource.labels.service_name="${service("grant")}" AND jsonPayload.event="membership"`,
      metricDescriptor: {
        metricKind: "DELTA",
        valueType: "INT64",
        unit: "1",
        labels: [
          { key: "source", valueType: "STRING" },
          { key: "known", valueType: "BOOL" },
        ],
      },
      labelExtractors: { source: "EXTRACT(jsonPayload.source)", known: "EXTRACT(jsonPayload.known)" },
    });
    const personal = ["userId", "groupId", "eventUuid", "deliveryId", "reasons"];
    for (const { labels, events } of Object.values<LogMetric>(logMetrics)) {
      expect(labels.filter((label) => personal.includes(label))).toEqual([]);
      for (const event of events) expect(signals).toHaveProperty([event]);
    }
  });

  it("asks the receiver as Okta does, but not with the hook secret", () => {
    const check = resource("receiver", "UptimeCheckConfig");
    const hookSecret = "the-value-of-signin-groups-hook-secret-1";
    expect(inputsOf(check)).toMatchObject({
      monitoredResource: {
        type: "uptime_url",
        labels: { host: "signin-groups-receive-1234567.run.app", project_id: "acme-identity" },
      },
      httpCheck: {
        path: "/",
        port: 443,
        useSsl: true,
        validateSsl: true,
        headers: {
          Authorization: `Bearer ${challengeSecretOf(hookSecret)}`,
          "x-okta-verification-challenge": "uptime",
        },
      },
      contentMatchers: [{ content: '{"verification":"uptime"}', matcher: "CONTAINS_STRING" }],
    });
    const { httpCheck } = check.inputs;
    expect(containsSecret(httpCheck ?? null)).toBe(true);
    expect(JSON.stringify(inputsOf(check))).not.toContain(hookSecret);
  });

  it("has for each alert its severity, its runbook and conditions whose filters can be read", () => {
    const others = ["drift", "audit-export"];
    for (const [key, alert] of Object.entries<Alert>(alerts).filter(([key]) => !others.includes(key))) {
      const inputs = inputsOf(resource(`alert-${key}`, "AlertPolicy"));
      expect(inputs).toMatchObject({
        displayName: `signin-groups (dev): ${alert.title}`,
        severity: alert.severity,
        enabled: true,
        notificationChannels: [],
        documentation: { content: documentationOf(alert), mimeType: "text/markdown" },
      });
      // Google Cloud takes 8 KB.
      expect(Buffer.byteLength(documentationOf(alert))).toBeLessThan(8_000);
      for (const condition of Object(inputs["conditions"])) {
        const { filter } = condition.conditionThreshold ?? condition.conditionAbsent;
        if (!filter.startsWith("select_slo_burn_rate(")) expect(() => parseFilter(filter)).not.toThrow();
        expect(filter).not.toContain("undefined");
      }
    }
  });

  it("measures both objectives by a share of 99.9 % below a limit", () => {
    const memberships = inputsOf(resource("objective-memberships", "Slo"));
    expect(memberships).toMatchObject({ goal: 0.999, rollingPeriodDays: 30, sloId: "memberships" });
    expect(memberships["requestBasedSli"]).toMatchObject({ distributionCut: { range: { max: 300 } } });
    expect(inputsOf(resource("objective-answers", "Slo"))["requestBasedSli"]).toMatchObject({
      distributionCut: { range: { max: 3_000 } },
    });
  });

  it("draws a dashboard that Google gives back as it is: no zero, no empty value, no tile beyond its columns", () => {
    const { dashboardJson } = inputsOf(resource("dashboard", "Dashboard"));
    const { mosaicLayout } = JSON.parse(String(dashboardJson));
    const visit = (value: unknown): void => {
      expect(value).not.toBe(0);
      expect(value).not.toBe("");
      expect(value).not.toEqual([]);
      if (typeof value === "object" && value !== null) for (const item of Object.values(value)) visit(item);
    };
    visit(mosaicLayout);
    const places = new Set<string>();
    for (const { xPos = 0, yPos = 0, width } of mosaicLayout.tiles) {
      expect(xPos + width).toBeLessThanOrEqual(mosaicLayout.columns);
      places.add(`${xPos} ${yPos}`);
    }
    expect(places.size).toBe(mosaicLayout.tiles.length);
  });

  it("waits after each new metric, since an alert that names it too early is refused", () => {
    const metrics = recording.resources.filter(({ type }) => type.endsWith(":Metric"));
    const policies = recording.resources.filter(({ type }) => type.endsWith(":AlertPolicy"));
    for (const policy of policies) {
      expect(policy.dependencies).toEqual(expect.arrayContaining(metrics.map(({ urn }) => urn)));
    }
  });
});

it("is not declared at all with operations off", async () => {
  const counts = countTypes(await declare({ "signin-groups:operations": "false" }));
  expect(Object.keys(counts).filter((type) => /monitoring|logging/.test(type))).toEqual([]);
  expect(counts["gcp:cloudscheduler/job:Job"], "nobody would be told what a check finds").toBe(1);
});

it("has an alert on drift, with its metric, only where it is asked for", async () => {
  const namesOf = async (changes: Readonly<Record<string, string>>) =>
    (await declare(changes)).resources.map(({ name }) => name).filter((name) => name.endsWith("-drift"));
  expect(await namesOf({})).toEqual([]);
  const recording = await declare({ "signin-groups:driftAlert": "true" });
  const resource = byName(recording);
  expect(inputsOf(resource("metric-drift"))["filter"]).toBe(
    'resource.type="global" AND jsonPayload.stack="dev" AND jsonPayload.event="drift-checked"',
  );
  const [condition] = Object(inputsOf(resource("alert-drift"))["conditions"]);
  expect(condition.conditionAbsent).toMatchObject({ duration: "84600s" });
  expect(condition.conditionAbsent.filter).toContain('resource.type="global"');
});

it.each([
  ["bigquery", "bigquery.googleapis.com"],
  ["pubsub", "pubsub.googleapis.com"],
])(
  "has the export of audit records, with its alert, only where it is asked for: %s",
  async (auditExport, api) => {
    const namesOf = (recording: Recording) =>
      recording.resources.map(({ name }) => name).filter((name) => name.includes("audit"));
    expect(namesOf(await declare({}))).toEqual([]);

    const recording = await declare({
      "signin-groups:auditExport": auditExport,
      "signin-groups:auditRetention": "7d",
      "signin-groups:labels": '{"team":"identity"}',
    });
    const resource = byName(recording);
    expect(recording.resources.map(({ name }) => name)).toContain(`signin-groups-${api.split(".")[0]}`);
    const isDataset = auditExport === "bigquery";
    const full = isDataset
      ? "projects/acme-identity/datasets/signin_groups_audit_7080f15a"
      : "projects/acme-identity/topics/signin-groups-audit-1234567";
    const sink = resource(`audit-to-${auditExport}`);
    expect(inputsOf(sink)).toEqual({
      project: "acme-identity",
      description: "Audit records of signin-groups (dev)",
      destination: `${api}/${full}`,
      filter: `logName="projects/acme-identity/logs/run.googleapis.com%2Fstdout" AND resource.type="cloud_run_revision" AND resource.labels.service_name=("${service("grant")}" OR "${service("reconcile")}") AND jsonPayload.event=("membership" OR "grant-unexpected")`,
      disabled: false,
      uniqueWriterIdentity: true,
      ...(isDataset ? { bigqueryOptions: { usePartitionedTables: true } } : {}),
    });
    const destination = resource("audit");
    expect(destination.type).toMatch(isDataset ? /:Dataset$/ : /:Topic$/);
    if (isDataset)
      expect(inputsOf(resource("audit-id")), "another region's dataset has another id").toEqual({
        keepers: { region: "europe-west1" },
      });
    const common = {
      project: "acme-identity",
      labels: { team: "identity", application: "signin-groups", stack: "dev" },
    };
    expect(inputsOf(destination)).toEqual(
      isDataset
        ? {
            ...common,
            location: "europe-west1",
            datasetId: "signin_groups_audit_7080f15a",
            description: "Audit records of signin-groups (dev)",
            defaultPartitionExpirationMs: 7 * 86_400_000,
            accesses: [
              { role: "OWNER", specialGroup: "projectOwners" },
              { role: "READER", specialGroup: "projectReaders" },
            ],
            deleteContentsOnDestroy: true,
          }
        : {
            ...common,
            messageRetentionDuration: "604800s",
            messageStoragePolicy: { allowedPersistenceRegions: ["europe-west1"] },
          },
    );
    const right = resource(isDataset ? "audit-sink-writes" : "audit-sink-publishes");
    expect(inputsOf(right)).toMatchObject({
      member: "serviceAccount:service-1@gcp-sa-logging.iam.gserviceaccount.com",
      ...(isDataset
        ? {
            role: "roles/bigquery.dataEditor",
            condition: { expression: `resource.name == "${full}" || resource.name.startsWith("${full}/")` },
          }
        : { role: "roles/pubsub.publisher", topic: "signin-groups-audit-1234567" }),
    });
    const [condition] = Object(inputsOf(resource("alert-audit-export", "AlertPolicy"))["conditions"]);
    expect(condition.conditionThreshold.filter).toBe(
      `metric.type="logging.googleapis.com/exports/error_count" AND resource.type="logging_sink" AND resource.labels.name="signin-groups-audit-to-${auditExport}-1234567"`,
    );

    const usual = await declare({ "signin-groups:auditExport": auditExport });
    expect(inputsOf(byName(usual)("audit"))).toMatchObject(
      isDataset
        ? { defaultPartitionExpirationMs: 400 * 86_400_000 }
        : { messageRetentionDuration: `${31 * 86_400}s` },
    );

    const kept = async (protectGroups: string) =>
      (
        await declare({
          "signin-groups:auditExport": auditExport,
          "signin-groups:protectGroups": protectGroups,
        })
      ).resources.find(({ name }) => name === "signin-groups-audit")?.protect;
    expect([await kept("true"), await kept("false")]).toEqual([true, false]);
  },
);

it("leaves out the alert on an absence that is shorter than the schedule's own pauses", async () => {
  const recording = await declare({ "signin-groups:reconcileSchedule": "0 3 * * *" });
  const names = recording.resources.map(({ name }) => name);
  expect(names).not.toContain("signin-groups-alert-reconcile-stopped");
  expect(names).toContain("signin-groups-alert-reconcile-behind");
});

it.each([
  ["*/5 * * * *", 5],
  ["0 * * * *", 60],
  ["0,20 * * * *", 40],
  ["0 3 * * *", 24 * 60],
  ["0 8-18 * * MON-FRI", (2 * 24 + 14) * 60],
  ["0 0 1 * *", 7 * 24 * 60],
])("finds the longest pause of the schedule %s", (cron, minutes) => {
  expect(longestPause(cron)).toBe(minutes);
});

describe("alert channels", () => {
  const all = [
    { type: "email", address: "sign-ins@acme.com" },
    { type: "slack", channel: "#sign-ins", token: "xoxb-canary" },
    { type: "pagerduty", serviceKey: "key-canary" },
    { type: "webhook", url: "https://hooks.acme.com/canary" },
    { type: "pubsub", topic: "projects/acme-identity/topics/alerts" },
    { type: "existing", name: "projects/acme-identity/notificationChannels/1" },
    { type: "email", address: "more@acme.com" },
  ];

  it("are created, but for one that exists, and every alert names all of them", async () => {
    const recording = await declare({ "signin-groups:alertChannels": JSON.stringify(all) });
    const channels = recording.resources.filter(({ type }) => type.endsWith(":NotificationChannel"));
    expect(
      Object.fromEntries(
        channels.map(({ name, inputs }) => {
          const { type, labels, sensitiveLabels } = revealAll(inputs);
          return [name.replace("signin-groups-alerts-", ""), { type, labels, sensitiveLabels }];
        }),
      ),
    ).toEqual({
      "email-1": { type: "email", labels: { email_address: "sign-ins@acme.com" } },
      "slack-1": {
        type: "slack",
        labels: { channel_name: "#sign-ins" },
        sensitiveLabels: { authToken: "xoxb-canary" },
      },
      "pagerduty-1": { type: "pagerduty", sensitiveLabels: { serviceKey: "key-canary" } },
      "webhook-1": { type: "webhook_tokenauth", labels: { url: "https://hooks.acme.com/canary" } },
      "pubsub-1": { type: "pubsub", labels: { topic: "projects/acme-identity/topics/alerts" } },
      "email-2": { type: "email", labels: { email_address: "more@acme.com" } },
    });
    const secrets = channels.filter(({ inputs }) =>
      containsSecret(inputs["sensitiveLabels"] ?? inputs["labels"] ?? null),
    );
    expect(secrets.length).toBe(3);
    const policy = byName(recording)("alert-defect");
    expect(Object(inputsOf(policy)["notificationChannels"])).toHaveLength(7);
  });

  it.each([
    [[{ type: "telegram" }], "alertChannels[0].type"],
    [["email"], "alertChannels[0].type"],
    [[{ type: "constructor" }], "alertChannels[0].type"],
    [[{ type: "email" }], "alertChannels[0].address"],
    [[{ type: "email", address: "nobody" }], "alertChannels[0].address"],
    [[{ type: "email", address: "a@b.example", token: "canary" }], "alertChannels[0].token"],
    [[{ type: "slack", channel: "sign-ins", token: "canary" }], "alertChannels[0].channel"],
    [[{ type: "slack", channel: "#sign-ins", token: "canary with a space" }], "alertChannels[0].token"],
    [[{ type: "webhook", url: "http://canary.acme.com" }], "alertChannels[0].url"],
    [[{ type: "pubsub", topic: "alerts" }], "alertChannels[0].topic"],
    [[{ type: "existing", name: "1" }], "alertChannels[0].name"],
    [{ type: "email" }, "alertChannels"],
    [Array.from({ length: 17 }, () => all[0]), "alertChannels"],
  ])(
    "that Google Cloud would refuse are refused, and no secret of theirs is shown: %j",
    (alertChannels, setting) => {
      let found: unknown;
      try {
        checkSettings({ alertChannels });
      } catch (error) {
        found = error;
      }
      expect(found).toBeInstanceOf(ConfigurationError);
      const { faults, message } = found as ConfigurationError;
      expect(faults.map((fault) => fault.setting)).toEqual([setting]);
      expect(message).not.toContain("canary");
    },
  );
});

import { hash } from "node:crypto";
import { isObject } from "../../../function/shared/json.ts";
import type { Api, Cloud } from "../cloud.ts";
import { GoogleError } from "../errors.ts";
import { requiredQuery } from "../routes.ts";
import { type Document, type KeptCollection, keepCollection } from "./collection.ts";

/** Cloud Monitoring and the metrics of Cloud Logging. */
export interface Monitoring extends Api {
  /** What is kept, by full name. */
  readonly metrics: ReadonlyMap<string, Document>;
  readonly alertPolicies: ReadonlyMap<string, Document>;
  readonly objectives: ReadonlyMap<string, Document>;
  readonly dashboards: ReadonlyMap<string, Document>;
}

const SERVICE = "monitoring.googleapis.com";

/** Creates the APIs of one project: Cloud Monitoring v3, its dashboards v1, and the metrics of Cloud Logging v2. */
export function createMonitoring(cloud: Cloud): Monitoring {
  const common = { service: SERVICE, idOf: () => undefined, isByNumber: false };
  const v3 = { ...common, parent: "/v3/projects/{project}" };
  const metrics = keepCollection(cloud, {
    collection: "metrics",
    parent: "/v2/projects/{project}",
    service: "logging.googleapis.com",
    permission: "logging.logMetrics",
    isByNumber: false,
    /**
     * @decision The caller names a metric in the body; a POST without a name is refused with 400, and the answer has the short name.
     * @evidence documentation: googleapis/googleapis f8291d2, google/logging/v2/logging_metrics.proto, LogMetric.name: "Required. The
     * client-assigned metric identifier."
     * @matters sandbox only: the provider names each metric.
     */
    idOf: (call) => call.fields().string("name"),
    shownName: (name) => name.slice(name.lastIndexOf("/") + 1),
    /**
     * @decision A distribution needs an extractor of its value, and a counter may have none; otherwise a metric is refused with 400.
     * @evidence documentation: googleapis/googleapis f8291d2, google/logging/v2/logging_metrics.proto, LogMetric.value_extractor: "required
     * when using a distribution logs-based metric".
     * @matters deployment fails: no plugin checks it before.
     */
    check(document) {
      const descriptor = document["metricDescriptor"];
      const isDistribution = isObject(descriptor) && descriptor["valueType"] === "DISTRIBUTION";
      if (isDistribution === (document["valueExtractor"] !== undefined)) return;
      throw new GoogleError(
        "INVALID_ARGUMENT",
        "A value extractor belongs to distributions, and to these only.",
      );
    },
  });
  const alertPolicies = keepCollection(cloud, {
    ...v3,
    collection: "alertPolicies",
    permission: "monitoring.alertPolicies",
    check: (document) => requireMetrics(document, metrics.documents),
  });
  const channels = keepCollection(cloud, {
    ...v3,
    collection: "notificationChannels",
    permission: "monitoring.notificationChannels",
  });
  const services = keepCollection(cloud, {
    ...v3,
    collection: "services",
    permission: "monitoring.services",
    isByNumber: true,
    idOf: (call) => call.query("serviceId") || undefined,
  });
  const objectives = keepCollection(cloud, {
    ...v3,
    parent: "/v3/projects/{project}/services/{service}",
    collection: "serviceLevelObjectives",
    permission: "monitoring.slos",
    isByNumber: true,
    /**
     * @decision The id of an objective comes in the query.
     * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls:
     * serviceLevelObjectiveId. Here it must be there; Google makes one up where it is empty.
     * @matters sandbox only: the program chooses it.
     */
    idOf: (call) => requiredQuery(call, "serviceLevelObjectiveId"),
  });
  const uptimeChecks = keepCollection(cloud, {
    ...v3,
    collection: "uptimeCheckConfigs",
    permission: "monitoring.uptimeCheckConfigs",
    /**
     * @decision An uptime check that an alert names is not deleted: 400.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/monitoring/resource_monitoring_uptime_check_config.go, Delete: "please ensure all associated Alert
     * Policies are deleted".
     * @matters deployment fails: a check that is replaced would stop the update.
     */
    checkDeletion(name) {
      const id = name.slice(name.lastIndexOf("/") + 1);
      const text = JSON.stringify([...alertPolicies.documents.values()]);
      if (!text.includes(`check_id=\\"${id}\\"`)) return;
      throw new GoogleError("INVALID_ARGUMENT", "Cannot delete a check that an alerting policy uses.");
    },
  });
  const dashboards = keepCollection(cloud, {
    ...common,
    parent: "/v1/projects/{project}",
    collection: "dashboards",
    permission: "monitoring.dashboards",
    isByNumber: true,
    complete: (document) => {
      const { etag: _, ...rest } = document;
      return { ...rest, etag: hash("sha256", JSON.stringify(rest), "hex").slice(0, 32) };
    },
  });
  const kept: Readonly<Record<string, KeptCollection>> = {
    "log-based metric": metrics,
    "alerting policy": alertPolicies,
    "notification channel": channels,
    "monitored service": services,
    objective: objectives,
    "uptime check": uptimeChecks,
    dashboard: dashboards,
  };
  return {
    metrics: metrics.documents,
    alertPolicies: alertPolicies.documents,
    objectives: objectives.documents,
    dashboards: dashboards.documents,
    routes: Object.values(kept).flatMap(({ routes }) => routes),
    leftovers: () =>
      Object.entries(kept).flatMap(([what, { documents }]) =>
        [...documents.keys()].map((name) => `${what} ${name}`),
      ),
  };
}

/**
 * @decision An alerting policy on a log-based metric that is not there is refused with 404. Here a metric is there as soon as it was
 * made; at Google it may take 10 minutes.
 * @evidence recorded: hashicorp/terraform-provider-google#11102: "Error 404: Cannot find metric(s) that match type = …. If a metric was
 * created recently, it could take up to 10 minutes to become available. Please try again soon."
 * @matters deployment fails: the first update may stop, and continues when it is run again.
 */
function requireMetrics(policy: Document, metrics: ReadonlyMap<string, Document>): void {
  const named = JSON.stringify(policy).matchAll(/logging\.googleapis\.com\/user\/([\w.-]+)/g);
  const names = new Set([...metrics.values()].map(({ name }) => name));
  for (const [type, name] of named) {
    if (names.has(name)) continue;
    throw new GoogleError(
      "NOT_FOUND",
      `Cannot find metric(s) that match type = "${type}". If a metric was created recently, it could take up to 10 minutes to become available. Please try again soon.`,
    );
  }
}

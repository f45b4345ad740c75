import { isObject, type JsonObject, parseJson } from "../../../../function/shared/json.ts";
import type { InputFailure, Properties, ResourceHandler } from "../../handler.ts";
import { textOf } from "../answers.ts";
import { idIn, isProperties, lastSegment, stringIn } from "../inputs.ts";
import type { Context } from "../resource.ts";
import {
  block,
  exactlyOne,
  flag,
  integer,
  list,
  number,
  oneOf,
  replacing,
  required,
  secret,
  set,
  text,
  textMap,
  texts,
} from "../schema.ts";
import { type DocumentKind, documentHandler, inProject } from "./document.ts";

const comparison = oneOf(
  "COMPARISON_GT",
  "COMPARISON_GE",
  "COMPARISON_LT",
  "COMPARISON_LE",
  "COMPARISON_EQ",
  "COMPARISON_NE",
);
const aggregations = list(
  block({ alignmentPeriod: text, perSeriesAligner: text, crossSeriesReducer: text, groupByFields: texts }),
);
const trigger = block({ count: integer, percent: number });

const alertPolicy: DocumentKind = {
  schema: {
    inputs: {
      displayName: required(text),
      combiner: required(oneOf("AND", "OR", "AND_WITH_MATCHING_RESOURCE")),
      enabled: flag,
      severity: oneOf("CRITICAL", "ERROR", "WARNING"),
      conditions: required(
        list(
          block({
            displayName: required(text),
            conditionThreshold: block({
              filter: text,
              comparison: required(comparison),
              duration: required(text),
              thresholdValue: number,
              evaluationMissingData: text,
              aggregations,
              trigger,
            }),
            conditionAbsent: block({ filter: text, duration: required(text), aggregations, trigger }),
          }),
        ),
      ),
      notificationChannels: texts,
      documentation: block({ content: text, mimeType: text, subject: text }),
      alertStrategy: block({ autoClose: text, notificationPrompts: texts }),
      userLabels: textMap,
    },
  },
  place: inProject("v3", "alertPolicies"),
  outputsOf: ({ name }) => ({ name: String(name) }),
  change: "PATCH with mask",
  version: "v3",
};

/** How the fields of `sensitiveLabels` are called among the labels. */
const SENSITIVE = { authToken: "auth_token", serviceKey: "service_key", password: "password" } as const;

const notificationChannel: DocumentKind = {
  schema: {
    inputs: {
      type: required(text),
      displayName: text,
      enabled: flag,
      labels: textMap,
      sensitiveLabels: secret(block({ authToken: text, serviceKey: text, password: text })),
    },
  },
  place: inProject("v3", "notificationChannels"),
  bodyOf: ({ sensitiveLabels, labels, ...rest }) => ({
    ...rest,
    labels: { ...(isProperties(labels) ? labels : {}), ...sensitive(sensitiveLabels) },
  }),
  inputsOf({ labels, ...rest }) {
    const shown = isObject(labels) ? Object.entries(labels) : [];
    const hidden: readonly string[] = Object.values(SENSITIVE);
    const plain = Object.fromEntries(shown.filter(([name]) => !hidden.includes(name)));
    return { ...rest, ...(Object.keys(plain).length > 0 ? { labels: plain } : {}) };
  },
  outputsOf: ({ name }) => ({ name: String(name) }),
  change: "PATCH",
  version: "v3",
  untold: ["sensitiveLabels"],
};

function sensitive(labels: unknown): JsonObject {
  if (!isObject(labels)) return {};
  return Object.fromEntries(
    Object.entries(SENSITIVE).flatMap(([name, sent]) =>
      labels[name] === undefined ? [] : [[sent, labels[name]]],
    ),
  );
}

const customService: DocumentKind = {
  schema: { inputs: { serviceId: replacing(text), displayName: text, userLabels: textMap } },
  place: (inputs) =>
    `${inProject("v3", "services")(inputs)}?serviceId=${encodeURIComponent(String(inputs["serviceId"] ?? ""))}`,
  bodyOf: ({ serviceId: _, ...rest }) => ({ ...rest, custom: {} }),
  inputsOf: (answer) => ({ ...answer, serviceId: lastSegment(textOf(answer, "name")) }),
  outputsOf: ({ name }) => ({ name: String(name) }),
  change: "PATCH with mask",
  version: "v3",
  filledIn: ["serviceId"],
};

const DAY_SECONDS = 86_400;

const slo: DocumentKind = {
  schema: {
    inputs: {
      service: required(replacing(text)),
      sloId: replacing(text),
      displayName: text,
      goal: required(number),
      rollingPeriodDays: integer,
      requestBasedSli: block({
        distributionCut: block({
          distributionFilter: required(text),
          range: required(block({ min: number, max: number })),
        }),
      }),
    },
  },
  place: (inputs) =>
    `${inProject("v3", "services")(inputs)}/${stringIn(inputs, "service")}/serviceLevelObjectives?serviceLevelObjectiveId=${stringIn(inputs, "sloId")}`,
  bodyOf: ({ service: _service, sloId: _id, rollingPeriodDays, requestBasedSli, ...rest }) => ({
    ...rest,
    ...(rollingPeriodDays === undefined
      ? {}
      : { rollingPeriod: `${Number(rollingPeriodDays) * DAY_SECONDS}s` }),
    ...(requestBasedSli === undefined ? {} : { serviceLevelIndicator: { requestBased: requestBasedSli } }),
  }),
  inputsOf(answer) {
    const { rollingPeriod, serviceLevelIndicator, ...rest } = answer;
    const name = textOf(answer, "name");
    return {
      ...rest,
      service: idIn(name, "services"),
      sloId: lastSegment(name),
      rollingPeriodDays: Number.parseInt(String(rollingPeriod), 10) / DAY_SECONDS,
      requestBasedSli: isObject(serviceLevelIndicator) ? serviceLevelIndicator["requestBased"] : undefined,
    };
  },
  outputsOf: ({ name }) => ({ name: String(name) }),
  change: "PATCH with mask",
  version: "v3",
  /**
   * @own The real plugin's own ranges.
   */
  validate: ({ goal, rollingPeriodDays }) => [
    ...(typeof goal === "number" && !(goal > 0 && goal <= 0.9999)
      ? [{ property: "goal", reason: "must be above 0 and at most 0.9999" }]
      : []),
    ...(typeof rollingPeriodDays === "number" && !(rollingPeriodDays >= 1 && rollingPeriodDays <= 30)
      ? [{ property: "rollingPeriodDays", reason: "must be from 1 to 30" }]
      : []),
  ],
};

const uptimeCheck: DocumentKind = {
  schema: {
    inputs: {
      displayName: required(text),
      timeout: required(text),
      period: text,
      monitoredResource: replacing(block({ type: required(text), labels: required(textMap) })),
      httpCheck: block({
        path: text,
        port: integer,
        useSsl: flag,
        validateSsl: flag,
        requestMethod: replacing(oneOf("METHOD_UNSPECIFIED", "GET", "POST")),
        maskHeaders: flag,
        headers: textMap,
        acceptedResponseStatusCodes: list(block({ statusClass: text, statusValue: integer })),
      }),
      contentMatchers: list(block({ content: required(text), matcher: text })),
      selectedRegions: texts,
    },
  },
  place: inProject("v3", "uptimeCheckConfigs"),
  outputsOf: ({ name }) => ({ name: String(name), uptimeCheckId: lastSegment(String(name)) }),
  change: "PATCH with mask",
  version: "v3",
  validate: (inputs) =>
    inputs["httpCheck"] === undefined
      ? [{ property: "httpCheck", reason: "is the only check that is known here" }]
      : [],
};

const dashboard: DocumentKind = {
  schema: { inputs: { dashboardJson: required(text) } },
  place: inProject("v1", "dashboards"),
  bodyOf: ({ dashboardJson }) => jsonIn(dashboardJson),
  inputsOf: ({ name: _name, etag: _etag, ...rest }) => ({ dashboardJson: JSON.stringify(rest) }),
  outputsOf: () => ({}),
  change: "PATCH",
  version: "v1",
  validate: ({ dashboardJson }) =>
    typeof dashboardJson === "string" &&
    dashboardJson.startsWith("{") &&
    parseJson(dashboardJson) === undefined
      ? [{ property: "dashboardJson", reason: "is not JSON" }]
      : [],
};

function jsonIn(value: unknown): JsonObject {
  const parsed = parseJson(String(value));
  return isObject(parsed) ? parsed : {};
}

const logMetric: DocumentKind = {
  schema: {
    inputs: {
      name: text,
      filter: required(text),
      description: text,
      metricDescriptor: block({
        metricKind: required(text),
        valueType: required(text),
        unit: text,
        labels: set(
          block({ key: required(replacing(text)), valueType: replacing(oneOf("BOOL", "INT64", "STRING")) }),
        ),
      }),
      labelExtractors: textMap,
      valueExtractor: text,
      bucketOptions: block({ explicitBuckets: block({ bounds: list(number) }) }),
    },
    autoName: { input: "name", maximum: 255 },
  },
  place: inProject("v2", "metrics"),
  idOf: ({ name }, inputs) => `projects/${stringIn(inputs, "project")}/metrics/${String(name)}`,
  outputsOf: () => ({}),
  change: "PUT",
  version: "v2",
  validate: ({ bucketOptions }) => oneKindOfBuckets(bucketOptions),
};

function oneKindOfBuckets(options: unknown): readonly InputFailure[] {
  // The checked inputs hold nothing else.
  return isProperties(options as Properties)
    ? exactlyOne("bucketOptions.", options as Properties, ["explicitBuckets"])
    : [];
}

/**
 * The handlers of Cloud Monitoring and of log-based metrics.
 *
 * @decision Alerting policies, objectives, services and uptime checks are changed by PATCH with a mask of the fields that differ;
 * channels and dashboards by PATCH without; metrics by PUT. A channel's sensitive labels are sent among its labels.
 * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls.
 * @matters deployment fails: what a change sends decides what it changes.
 */
export function monitoringHandlers(context: Context): Readonly<Record<string, ResourceHandler>> {
  const kinds = {
    "gcp:monitoring/alertPolicy:AlertPolicy": alertPolicy,
    "gcp:monitoring/notificationChannel:NotificationChannel": notificationChannel,
    "gcp:monitoring/customService:CustomService": customService,
    "gcp:monitoring/slo:Slo": slo,
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": uptimeCheck,
    "gcp:monitoring/dashboard:Dashboard": dashboard,
    "gcp:logging/metric:Metric": logMetric,
  };
  return Object.fromEntries(
    Object.entries(kinds).map(([type, kind]) => [type, documentHandler(context, kind)]),
  );
}

import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { challengeSecretOf } from "../../function/shared/challenge-secret.ts";
import { type FunctionName, HOOK_AUTHENTICATION_HEADER } from "../../function/shared/contract.ts";
import { longestPause } from "../cron.ts";
import type { ComponentSettings } from "../given-arguments.ts";
import {
  type Alert,
  type AlertKey,
  type AlertNames,
  absenceMinutes,
  alertNamesOf,
  alerts,
  documentationOf,
  LONGEST_ABSENCE_MINUTES,
  onlyWith,
} from "./alerts.ts";
import { createChannels } from "./channels.ts";
import { dashboardOf } from "./dashboard.ts";
import {
  type LogMetric,
  type LogMetricKey,
  logFilter,
  logMetrics,
  metricInputs,
  type ServiceNames,
} from "./metrics.ts";
import { type Objective, type ObjectiveKey, objectives, ROLLING_DAYS } from "./objectives.ts";

/** What the uptime check sends as a challenge, and expects back. */
const CHALLENGE = "uptime";

/** What is watched. */
export interface Watched {
  readonly project: string;
  readonly stack: string;
  readonly settings: ComponentSettings;
  /** The address that Okta delivers to. */
  readonly hookUrl: pulumi.Output<string>;
  readonly hookSecret: pulumi.Output<string>;
  /** Names of the Cloud Run services. */
  readonly services: Readonly<Record<FunctionName, pulumi.Output<string>>>;
  /** Full names of the queues. */
  readonly queue: pulumi.Output<string>;
  readonly continuationQueue: pulumi.Output<string>;
  /** Name of the log sink of the audit records; undefined without an export. */
  readonly auditSink: pulumi.Output<string> | undefined;
}

/** Log-based metrics, objectives, an uptime check, alerts with their channels, and a dashboard. They give nobody a right. */
export function createOperations(
  name: string,
  watched: Watched,
  options: pulumi.CustomResourceOptions & { readonly dependsOn: pulumi.Resource[] },
): void {
  const { project, stack, settings } = watched;
  const title = `${name} (${stack})`;
  const metrics = createMetrics(name, watched, options);
  const ready = { ...options, dependsOn: [...options.dependsOn, ...Object.values(metrics)] };
  const pollMinutes = longestPause(settings.reconcileSchedule);
  const known = createNames({ project, pollMinutes }, watched, metrics);
  const slos = createObjectives(name, title, { project, names: known }, ready);
  const uptime = createUptimeCheck(name, title, watched, options);
  const names = known.with({
    memberships: slos.memberships.name,
    answers: slos.answers.name,
    uptimeCheck: uptime.uptimeCheckId,
    ...(watched.auditSink === undefined ? {} : { auditSink: watched.auditSink }),
  });
  const channels = createChannels(name, { project, channels: settings.alertChannels }, options);
  for (const [key, alert] of Object.entries<Alert>(alerts)) {
    if (!isWanted(key, settings)) continue;
    // A condition cannot wait for so long.
    if (isOnAbsence(key) && absenceMinutes(pollMinutes) > LONGEST_ABSENCE_MINUTES) continue;
    const conditions = alert.conditions(names.placeholders).map((condition) => asInput(condition, names));
    new gcp.monitoring.AlertPolicy(
      `${name}-alert-${key}`,
      {
        project,
        displayName: `${title}: ${alert.title}`,
        severity: alert.severity,
        enabled: true,
        combiner: "AND",
        conditions,
        notificationChannels: channels,
        documentation: {
          subject: `${title}: ${alert.title}`,
          content: documentationOf(alert),
          mimeType: "text/markdown",
        },
        userLabels: { application: name, alert: key },
        alertStrategy: { autoClose: AUTO_CLOSE, notificationPrompts: ["OPENED", "CLOSED"] },
      },
      ready,
    );
  }
  new gcp.monitoring.Dashboard(
    `${name}-dashboard`,
    { project, dashboardJson: names.fill(JSON.stringify(dashboardOf(title, names.placeholders))) },
    ready,
  );
}

/** An incident whose data has stopped is closed after 30 minutes, the least (Google Cloud, "Cloud Monitoring API": AlertStrategy.auto_close). */
const AUTO_CLOSE = "1800s";

type Condition = ReturnType<Alert["conditions"]>[number];

/** The condition with the names in its filter. */
function asInput(condition: Condition, { fill }: Names): gcp.types.input.monitoring.AlertPolicyCondition {
  const { displayName, conditionThreshold, conditionAbsent } = condition;
  const filled = {
    displayName,
    ...(conditionThreshold && {
      conditionThreshold: { ...conditionThreshold, filter: fill(conditionThreshold.filter) },
    }),
    ...(conditionAbsent && { conditionAbsent: { ...conditionAbsent, filter: fill(conditionAbsent.filter) } }),
  };
  // The plugin's types differ only in that their lists can be changed.
  return filled as unknown as gcp.types.input.monitoring.AlertPolicyCondition;
}

/**
 * Names that are known only later. Filters are written with placeholders, and each is filled in where it stands: as a whole, the
 * names would be unknown in a preview as soon as one of them is, and the preview would show changes that do not come.
 */
interface Names {
  readonly placeholders: AlertNames;
  fill(text: string): pulumi.Output<string>;
  /** The same with more names. */
  with(more: Readonly<Record<string, pulumi.Output<string>>>): Names;
}

function createNames(
  given: Pick<AlertNames, "project" | "pollMinutes">,
  { services, queue, continuationQueue }: Watched,
  metrics: Readonly<Partial<Record<LogMetricKey, gcp.logging.Metric>>>,
): Names {
  const placeholders = alertNamesOf((key) => `{{${key}}}`, given);
  const withNames = (values: Readonly<Record<string, pulumi.Output<string>>>): Names => ({
    placeholders,
    fill: (text) =>
      pulumi.concat(
        ...text.split(/(\{\{[^}]+\}\})/).map((part) => {
          const [, key] = /^\{\{(.+)\}\}$/.exec(part) ?? [];
          const value = key === undefined ? part : values[key];
          if (value === undefined) throw new Error(`There is no name for ${part}.`);
          return value;
        }),
      ),
    with: (more) => withNames({ ...values, ...more }),
  });
  return withNames({
    receive: services.receive,
    grant: services.grant,
    reconcile: services.reconcile,
    queue: queue.apply(lastSegment),
    continuationQueue: continuationQueue.apply(lastSegment),
    ...Object.fromEntries(Object.entries(metrics).map(([key, { name }]) => [`metric ${key}`, name])),
  });
}

/** Whether there is something for an alert, or its metric, to watch. */
function isWanted(
  key: string,
  { driftAlert, auditExport }: Pick<ComponentSettings, "driftAlert" | "auditExport">,
): boolean {
  const wanted = { driftAlert, auditExport: auditExport !== "none" };
  const setting = new Map<string, keyof typeof wanted>(Object.entries(onlyWith)).get(key);
  return setting === undefined || wanted[setting];
}

function isOnAbsence(key: string): key is AlertKey {
  return key === "reconcile-stopped";
}

/**
 * A hook that waits after a metric was created. Google Cloud refuses an alert that names a metric before it knows it, which may take
 * up to 10 minutes (hashicorp/terraform-provider-google#11102).
 */
function waitAfterNewMetric(name: string, seconds: number): pulumi.ResourceHook {
  return new pulumi.ResourceHook(name, async ({ name: metric }) => {
    if (seconds === 0) return;
    void pulumi.log.info(`Waiting ${seconds} s until Google Cloud knows the new metric ${metric}.`);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  });
}

/** For what does not depend on the names of the services. */
const NO_SERVICES: ServiceNames = { receive: "", grant: "", reconcile: "" };

function createMetrics(
  name: string,
  { project, stack, services, settings }: Watched,
  options: pulumi.CustomResourceOptions,
): Partial<Record<LogMetricKey, gcp.logging.Metric>> {
  const afterNewMetric = waitAfterNewMetric(`${name}-after-new-metric`, settings.rightsWaitSeconds);
  const create = ([key, metric]: [string, LogMetric]) => {
    const [first = "receive"] = metric.of;
    const filter =
      metric.of.length <= 1
        ? services[first].apply((service) => logFilter(metric, { ...NO_SERVICES, [first]: service }, stack))
        : pulumi
            .all([services.receive, services.grant, services.reconcile])
            .apply(([receive, grant, reconcile]) => logFilter(metric, { receive, grant, reconcile }, stack));
    const { filter: _, ...inputs } = metricInputs(metric, NO_SERVICES, stack);
    const resource = new gcp.logging.Metric(
      `${name}-metric-${key}`,
      { project, filter, ...inputs },
      { ...options, hooks: { afterCreate: [afterNewMetric] } },
    );
    return [key, resource] as const;
  };
  const wanted = Object.entries<LogMetric>(logMetrics).filter(([key]) => isWanted(key, settings));
  return Object.fromEntries(wanted.map(create));
}

function createObjectives(
  name: string,
  title: string,
  { project, names }: { readonly project: string; readonly names: Names },
  options: pulumi.CustomResourceOptions,
): Record<ObjectiveKey, gcp.monitoring.Slo> {
  const { services, metrics } = names.placeholders;
  const service = new gcp.monitoring.CustomService(
    `${name}-service`,
    { project, displayName: title },
    options,
  );
  const create = ([key, { displayName, goal, filter, limit }]: [string, Objective]) =>
    [
      key,
      new gcp.monitoring.Slo(
        `${name}-objective-${key}`,
        {
          project,
          service: service.serviceId,
          sloId: key,
          displayName,
          goal,
          rollingPeriodDays: ROLLING_DAYS,
          requestBasedSli: {
            distributionCut: {
              distributionFilter: names.fill(filter({ receive: services.receive, delay: metrics.delay })),
              range: { max: limit },
            },
          },
        },
        options,
      ),
    ] as const;
  // Each key of the table has its objective.
  return Object.fromEntries(Object.entries<Objective>(objectives).map(create)) as Record<
    ObjectiveKey,
    gcp.monitoring.Slo
  >;
}

/** Asks the receiver from several regions as Okta does. The secret that it sends only has challenges answered. */
function createUptimeCheck(
  name: string,
  title: string,
  { project, hookUrl, hookSecret }: Watched,
  options: pulumi.CustomResourceOptions,
): gcp.monitoring.UptimeCheckConfig {
  const address = hookUrl.apply((url) => {
    const { hostname, port, pathname, protocol } = URL.parse(url) ?? {
      hostname: "",
      port: "",
      pathname: "/",
      protocol: "https:",
    };
    const useSsl = protocol !== "http:";
    return { hostname, path: pathname, useSsl, port: port === "" ? (useSsl ? 443 : 80) : Number(port) };
  });
  return new gcp.monitoring.UptimeCheckConfig(
    `${name}-receiver`,
    {
      project,
      displayName: `${title}: the receiver answers a challenge`,
      timeout: "10s",
      period: "60s",
      // Google adds the project's label; without it here, each later change would make another check.
      monitoredResource: {
        type: "uptime_url",
        labels: { host: address.hostname, project_id: project },
      },
      httpCheck: {
        path: address.path,
        port: address.port,
        useSsl: address.useSsl,
        validateSsl: address.useSsl,
        requestMethod: "GET",
        // Masked, they would come back as asterisks, and be a change at each update.
        maskHeaders: false,
        headers: pulumi.secret({
          [HOOK_AUTHENTICATION_HEADER]: hookSecret.apply((secret) => `Bearer ${challengeSecretOf(secret)}`),
          "x-okta-verification-challenge": CHALLENGE,
        }),
        acceptedResponseStatusCodes: [{ statusValue: 200 }],
      },
      contentMatchers: [{ content: JSON.stringify({ verification: CHALLENGE }), matcher: "CONTAINS_STRING" }],
    },
    // Another host is another check for Google; a preview does not know the host of a function that is made anew.
    { ...options, replacementTrigger: hookUrl },
  );
}

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

import { type LogMetricKey, logMetrics, type ServiceNames } from "./metrics.ts";
import { burnRates, type ObjectiveKey, objectives } from "./objectives.ts";

/** How urgent an alert is (Google Cloud, "Cloud Monitoring API": AlertPolicy.Severity). */
export type AlertSeverity = "CRITICAL" | "ERROR" | "WARNING";

/** What the conditions name. */
export interface AlertNames {
  readonly project: string;
  readonly services: ServiceNames;
  /** Short names of the log-based metrics. */
  readonly metrics: Readonly<Record<LogMetricKey, string>>;
  /** Full names of the objectives. */
  readonly objectives: Readonly<Record<ObjectiveKey, string>>;
  /** Short names of the queues. */
  readonly queue: string;
  readonly continuationQueue: string;
  /** Id of the uptime check. */
  readonly uptimeCheck: string;
  /** Short name of the log sink of the audit records. */
  readonly auditSink: string;
  /** The longest time between two polls of the schedule, in minutes. */
  readonly pollMinutes: number;
}

/** Names by what they are names of: what stands for each is made from its key. */
export function alertNamesOf(
  name: (key: string) => string,
  given: Pick<AlertNames, "project" | "pollMinutes"> = { project: name("project"), pollMinutes: 5 },
): AlertNames {
  return {
    ...given,
    services: { receive: name("receive"), grant: name("grant"), reconcile: name("reconcile") },
    // The keys are those of the table.
    metrics: Object.fromEntries(
      Object.keys(logMetrics).map((key) => [key, name(`metric ${key}`)]),
    ) as AlertNames["metrics"],
    objectives: { memberships: name("memberships"), answers: name("answers") },
    queue: name("queue"),
    continuationQueue: name("continuationQueue"),
    uptimeCheck: name("uptimeCheck"),
    auditSink: name("auditSink"),
  };
}

/** How points become one value for each period (Google Cloud, "Cloud Monitoring API": Aggregation). */
export interface Aggregation {
  readonly alignmentPeriod: string;
  readonly perSeriesAligner: "ALIGN_DELTA" | "ALIGN_MIN" | "ALIGN_PERCENTILE_99" | "ALIGN_NEXT_OLDER";
  readonly crossSeriesReducer?: "REDUCE_SUM" | "REDUCE_MAX" | "REDUCE_COUNT_FALSE";
  readonly groupByFields?: readonly string[];
}

/** A condition, as `gcp.monitoring.AlertPolicy` takes it. */
export interface Condition {
  readonly displayName: string;
  readonly conditionThreshold?: {
    readonly filter: string;
    readonly comparison: "COMPARISON_GT";
    readonly thresholdValue: number;
    readonly duration: string;
    readonly aggregations?: readonly Aggregation[];
    readonly trigger?: { readonly count: number };
    readonly evaluationMissingData?: "EVALUATION_MISSING_DATA_INACTIVE";
  };
  readonly conditionAbsent?: {
    readonly filter: string;
    readonly duration: string;
    readonly aggregations: readonly Aggregation[];
    readonly trigger?: { readonly count: number };
  };
}

/** What a person does when the alert comes; in Markdown. */
export interface Runbook {
  readonly meaning: string;
  readonly look: string;
  readonly act: string;
  readonly over: string;
}

/** An alert on a symptom. */
export interface Alert {
  readonly title: string;
  readonly severity: AlertSeverity;
  /** Within how many minutes after the symptom begins the alert fires, at the latest. */
  readonly firesWithin: number;
  readonly conditions: (names: AlertNames) => readonly Condition[];
  readonly runbook: Runbook;
}

const logs = "`gcloud logging read`";
const faultLook = `Run ${logs} with \`jsonPayload.event="fault"\`: each entry has \`fault\`, \`since\` and \`remedy\`.`;

/** Entries are counted over a longer time than the hour after which they are repeated, so that the alert lasts as long as the fault. */
const REPEATED = "3900s";

/** Faults that have an alert of their own. */
const OWN_ALERT = ["rate-limit-used-up", "giving-up"];

/** The alerts by their keys. */
export const alerts = {
  "sign-ins-late-fast": burning("memberships", "fast", "CRITICAL", {
    title: "Sign-ins become memberships too late",
    firesWithin: 15,
    meaning:
      "Of the sign-ins of the last hour, more than 1.4 % became a membership later than 5 minutes. At this rate the error budget of 30 days is used up in 2 days.",
  }),
  "sign-ins-late-slow": burning("memberships", "slow", "ERROR", {
    title: "Sign-ins become memberships too late, for hours",
    firesWithin: 60,
    meaning:
      "Of the sign-ins of the last 6 hours, more than 0.6 % became a membership later than 5 minutes. At this rate the error budget of 30 days is used up in 5 days.",
  }),
  "answers-late-fast": burning("answers", "fast", "CRITICAL", {
    title: "The receiver answers Okta too late",
    firesWithin: 15,
    meaning:
      "Of the answers of `receive` in the last hour, more than 1.4 % took longer than the 3 seconds for which Okta waits. `reconcile` finds what Okta gives up.",
  }),
  "answers-late-slow": burning("answers", "slow", "ERROR", {
    title: "The receiver answers Okta too late, for hours",
    firesWithin: 60,
    meaning:
      "Of the answers of `receive` in the last 6 hours, more than 0.6 % took longer than the 3 seconds for which Okta waits.",
  }),
  "sign-ins-waiting": {
    title: "Sign-ins wait for their membership",
    severity: "CRITICAL",
    firesWithin: 20,
    conditions: ({ metrics }) => [
      counted("grant cannot add people who signed in 5 minutes ago", logMetric(metrics.late), {
        period: "900s",
        groupBy: ["metric.label.reason"],
      }),
    ],
    runbook: {
      meaning:
        "The queue retries tasks of people who signed in at least 5 minutes ago. Nobody is lost: the queue retries for `queueRetryDuration`, 7 days by default.",
      look: `The incident names the reason. ${faultLook} Okta's state: https://status.okta.com.`,
      act: "Do what `remedy` says. If Okta is down, wait: the queue works off what has gathered.",
      over: "The incident closes 15 minutes after the last such attempt. The queue's depth on the dashboard falls to 0.",
    },
  },
  "standing-fault": {
    title: "An administrator has to fix something",
    severity: "ERROR",
    firesWithin: 10,
    conditions: ({ metrics }) => [
      counted(
        "a function reports a fault",
        `${logMetric(metrics.faults)} AND ${OWN_ALERT.map((fault) => `metric.labels.fault!="${fault}"`).join(" AND ")}`,
        { period: REPEATED, groupBy: ["metric.label.fault"] },
      ),
    ],
    runbook: {
      meaning:
        "A function met something that does not pass by itself: a missing role, scope or key, a deleted group, a proxy that answers in Okta's place, a lost state.",
      look: `The incident names the fault. ${faultLook}`,
      act: "Do what `remedy` says. Most faults end with `pulumi up --refresh`.",
      over: 'The entry `jsonPayload.event="fault-resolved"` follows the next success. The incident closes 65 minutes after the last error.',
    },
  },
  "tasks-given-up": {
    title: "The queue gives up tasks within a day",
    severity: "CRITICAL",
    firesWithin: 10,
    conditions: ({ metrics }) => [
      counted(
        "tasks are in their last day",
        `${logMetric(metrics.faults)} AND metric.labels.fault="giving-up"`,
        {
          period: REPEATED,
        },
      ),
    ],
    runbook: {
      meaning:
        "Tasks have failed for nearly `queueRetryDuration`. The queue drops them without a further entry.",
      look: `Run ${logs} with \`jsonPayload.event="membership-given-up"\`: each entry has the user, the group, \`published\` and \`givenUpAt\`.`,
      act: "Fix what the other alerts name. Then replay from the earliest `published`: `npm run replay -- --stack NAME --since TIME`. Tasks of a group whose rule was removed on purpose need nothing.",
      over: "No further entry comes, and the replay reports that it is done.",
    },
  },
  starved: {
    title: "Other clients use up Okta's rate limit",
    severity: "WARNING",
    firesWithin: 25,
    conditions: ({ metrics }) => [
      counted(
        "Okta's rate limit has left no room for 10 minutes",
        `${logMetric(metrics.faults)} AND metric.labels.fault="rate-limit-used-up"`,
        { period: REPEATED },
      ),
    ],
    runbook: {
      meaning:
        "Okta's rate limit has left no room for memberships, or for the System Log, for 10 minutes or more. Tasks wait.",
      look: "In Okta's Admin Console, Reports > Rate Limits names the clients.",
      act: "Slow the other client down, lower `rateLimitReservePercent`, or ask Okta for a higher limit.",
      over: "The incident closes 65 minutes after the last error.",
    },
  },
  "hook-not-delivering": {
    title: "The event hook does not deliver",
    severity: "ERROR",
    firesWithin: 60,
    conditions: ({ metrics, services }) => [
      counted(
        "reconcile finds sign-ins that were not delivered",
        `${logMetric(metrics.memberships)} AND metric.labels.source="reconcile"`,
        { period: "1800s", above: 2 },
      ),
      absent(
        "receive takes no delivery",
        `metric.type="run.googleapis.com/request_count" AND resource.type="cloud_run_revision" AND resource.labels.service_name="${services.receive}" AND metric.labels.response_code="204"`,
        "1800s",
      ),
    ],
    runbook: {
      meaning:
        "For 30 minutes `receive` took no delivery, and `reconcile` found at least 3 sign-ins in the System Log. The hook is inactive, unverified or over its daily limit, or its requests do not arrive. People become members minutes later than usual.",
      look: "In Okta's Admin Console, Workflow > Event Hooks shows the hook's state. `npm run smoke -- --stack NAME` checks it, and the System Log has `event_hook.delivery` and `event_hook.deactivated`.",
      act: 'Run `pulumi up --refresh`, which verifies the hook again. If the hook is active and verified, find what is in the way: the uptime check says whether `receive` can be reached. "Over its daily limit" passes at midnight UTC.',
      over: "`receive` logs `delivery-taken` again, and the dashboard shows memberships by `hook`.",
    },
  },
  "reconcile-stopped": {
    title: "Nobody reads Okta's System Log",
    severity: "ERROR",
    firesWithin: 40,
    conditions: ({ metrics, pollMinutes }) => [
      absent("no poll has ended", logMetric(metrics.lag), `${absenceMinutes(pollMinutes) * 60}s`),
    ],
    runbook: {
      meaning:
        "No poll of the System Log has ended well for 30 minutes, or for three times the schedule's longest pause. What the hook does not deliver is not found meanwhile.",
      look: `Run ${logs} with \`jsonPayload.event="run-failed"\`, and look at the schedule in the Google Cloud console under Cloud Scheduler: is it paused, and what was its last status?`,
      act: "Do what the errors of `reconcile` say. Resume a paused schedule. `pulumi up --refresh` repairs schedule, account and binding.",
      over: "A `polled` entry comes. The next poll continues from the cursor, so nothing is missed.",
    },
  },
  "reconcile-behind": {
    title: "The reading of Okta's System Log falls behind",
    severity: "WARNING",
    firesWithin: 60,
    conditions: ({ metrics }) => [
      {
        displayName: "polls end more than an hour behind the log's end",
        conditionThreshold: {
          filter: logMetric(metrics.lag),
          comparison: "COMPARISON_GT",
          thresholdValue: 3_600,
          duration: "1800s",
          evaluationMissingData: WITHOUT_DATA_INACTIVE.evaluationMissingData,
          aggregations: [
            {
              alignmentPeriod: "900s",
              perSeriesAligner: "ALIGN_PERCENTILE_99",
              crossSeriesReducer: "REDUCE_MAX",
            },
          ],
          trigger: { count: 1 },
        },
      },
    ],
    runbook: {
      meaning:
        "Polls end more than an hour behind the end of the log, for 30 minutes. It is expected after a lost cursor and during a long backfill.",
      look: "The dashboard shows the lag; it should fall. `polled` entries have `behindSeconds` and the counts of each poll.",
      act: "If the lag falls, wait. If not, Okta's rate limit leaves too little room: see the alert of other clients.",
      over: "The lag is below an hour.",
    },
  },
  "deliveries-failing": {
    title: "The receiver asks Okta to deliver again",
    severity: "ERROR",
    firesWithin: 15,
    conditions: ({ services }) => [
      counted(
        "receive answers by 5xx",
        `metric.type="run.googleapis.com/request_count" AND resource.type="cloud_run_revision" AND resource.labels.service_name="${services.receive}" AND metric.labels.response_code_class="5xx"`,
        { period: "600s", above: 4 },
      ),
    ],
    runbook: {
      meaning:
        "`receive` answered at least 5 requests by 5xx within 10 minutes. Okta delivers once more, and `reconcile` finds the rest.",
      look: `Run ${logs} with \`jsonPayload.event="delivery-failed"\`: \`reasons\` says what Cloud Tasks answered. An instance that cannot start logs \`start-failed\`.`,
      act: "Check https://status.cloud.google.com, and run `pulumi up --refresh`, which repairs the queue and the right to fill it.",
      over: "The incident closes 10 minutes after the last such answers.",
    },
  },
  "receiver-down": {
    title: "The receiver does not answer a challenge",
    severity: "CRITICAL",
    firesWithin: 10,
    conditions: ({ uptimeCheck }) => [
      {
        displayName: "the uptime check fails in more than one region",
        conditionThreshold: {
          filter: `metric.type="monitoring.googleapis.com/uptime_check/check_passed" AND resource.type="uptime_url" AND metric.labels.check_id="${uptimeCheck}"`,
          comparison: "COMPARISON_GT",
          thresholdValue: 1,
          duration: "120s",
          aggregations: [
            {
              alignmentPeriod: "120s",
              perSeriesAligner: "ALIGN_NEXT_OLDER",
              crossSeriesReducer: "REDUCE_COUNT_FALSE",
              groupByFields: ["resource.label.host"],
            },
          ],
          trigger: { count: 1 },
        },
      },
    ],
    runbook: {
      meaning:
        "From two or more regions, a challenge as Okta sends it was not answered: the address, its certificate, the public binding, the secret or the function is broken.",
      look: "The uptime check in the Google Cloud console shows the answer: 403 is a missing binding that lets everybody call it, 401 another secret, a TLS error the certificate of a load balancer of yours, 5xx the function.",
      act: "Run `pulumi up --refresh`. With `hookUrl`, check certificate, DNS and backend of your load balancer, and whether its rules admit Google's uptime checks.",
      over: "The check passes in all regions. `reconcile` has meanwhile found the sign-ins.",
    },
  },
  "queue-stuck": {
    title: "The queue does not empty",
    severity: "ERROR",
    firesWithin: 60,
    conditions: ({ queue, continuationQueue }) => [
      {
        displayName: "tasks have been in a queue all the time",
        conditionThreshold: {
          filter: `metric.type="cloudtasks.googleapis.com/queue/depth" AND resource.type="cloud_tasks_queue" AND resource.labels.queue_id=one_of("${queue}","${continuationQueue}")`,
          comparison: "COMPARISON_GT",
          thresholdValue: 0,
          duration: "1800s",
          evaluationMissingData: WITHOUT_DATA_INACTIVE.evaluationMissingData,
          aggregations: [{ alignmentPeriod: "300s", perSeriesAligner: "ALIGN_MIN" }],
          trigger: { count: 1 },
        },
      },
    ],
    runbook: {
      meaning:
        "A queue has not been empty for more than 30 minutes: tasks fail, do not reach their function, or the queue is paused.",
      look: "In the Google Cloud console, Cloud Tasks shows the queue's state and attempts. The log `cloudtasks.googleapis.com/task_operations_log` has the status of each attempt: PERMISSION_DENIED is a missing binding, UNAVAILABLE a function that does not start.",
      act: "Resume a paused queue. `pulumi up --refresh` repairs binding and function. During a long replay or backfill, wait.",
      over: "The depth is 0.",
    },
  },
  "unexpected-grant": {
    title: "A membership has no sign-in behind it",
    severity: "CRITICAL",
    firesWithin: 135,
    conditions: ({ metrics }) => [
      counted("grant made a membership without a sign-in", logMetric(metrics.unexpected), {
        period: REPEATED,
        groupBy: ["metric.label.reason"],
      }),
    ],
    runbook: {
      meaning:
        "Every hour `reconcile` compares the memberships that `grant` made, as Okta's System Log has them, with the sign-ins there. For this one there is no sign-in of the user before it that a rule leads to the group. Somebody has the hook secret and forged a delivery, put a task into the queue, or signs with the key of `grant`.",
      look: `Run ${logs} with \`jsonPayload.event="grant-unexpected"\`: each entry has \`userId\`, \`groupId\`, \`at\` and \`reason\`. \`no-sign-in\`: the user has not signed in. \`no-rule\`: the user has, but no rule leads from there to the group; that is also so when you have just changed a rule. \`npm run explain\` shows the task that did it.`,
      act: 'Unless you have just changed that rule, remove the user from the group, and follow "A leaked hook secret" under "The first hour" in docs/operations.md.',
      over: "The incident closes 65 minutes after the last such entry, and the checks after the rotation find none.",
    },
  },
  drift: {
    title: "What is deployed is not what the program says, or nobody checks it",
    severity: "WARNING",
    firesWithin: 1_440,
    conditions: ({ metrics }) => [
      absent(
        "no check has found the stack as declared",
        `metric.type="logging.googleapis.com/user/${metrics.drift}" AND resource.type="global"`,
        `${LONGEST_ABSENCE_MINUTES * 60}s`,
      ),
    ],
    runbook: {
      meaning:
        "For nearly a day the drift check has not found that what is deployed is what the program says: somebody changed it by hand, an update is still to come, or the check does not run. Only with `driftAlert`.",
      look: "The issue with the label `drift` shows the difference. Without one, look at the runs of the workflow Drift: the log says why it could not compare.",
      act: "Run `pulumi up --refresh`, which sets it right; what should stay belongs into the program. GitHub switches schedules off in a repository without activity for 60 days.",
      over: 'The next check writes `jsonPayload.event="drift-checked"`.',
    },
  },
  "audit-export": {
    title: "Audit records are not exported",
    severity: "ERROR",
    firesWithin: 10,
    conditions: ({ auditSink }) => [
      counted(
        "the log sink cannot write",
        `metric.type="logging.googleapis.com/exports/error_count" AND resource.type="logging_sink" AND resource.labels.name="${auditSink}"`,
        { period: "900s" },
      ),
    ],
    runbook: {
      meaning:
        "The log sink could not write audit records to BigQuery or Pub/Sub: its right or the destination is gone, or the destination's quota is used up. Right after an update that made the sink, Google Cloud may not apply its right yet: the alert then ends by itself. Memberships are not affected. Only with `auditExport`.",
      look: `Run ${logs} with \`logName:"logging.googleapis.com%2Fsink_error"\`: each entry says why.`,
      act: "Run `pulumi up --refresh`, which repairs the sink, its right and the destination. What was not exported stays in Cloud Logging for 30 days: read it there by the sink's filter.",
      over: "The incident closes 15 minutes after the last record that could not be written, and the next membership has its record in the destination.",
    },
  },
  defect: {
    title: "A function fails by an error of its own",
    severity: "ERROR",
    firesWithin: 10,
    conditions: ({ metrics }) => [
      counted("a request or a start failed unexpectedly", logMetric(metrics.defects), { period: "900s" }),
    ],
    runbook: {
      meaning:
        "A function cannot start, or a request failed by an error that it does not expect. Okta, the queue or the schedule tries again.",
      look: `Run ${logs} with \`jsonPayload.event=("request-failed" OR "start-failed")\`: \`reason\` says why.`,
      act: "`start-failed` names the setting that is wrong: run `pulumi up --refresh`. For `request-failed`, deploy the version before, and report the reason.",
      over: "The incident closes 15 minutes after the last such entry.",
    },
  },
} as const satisfies Readonly<Record<string, Alert>>;

/** The settings without which an alert has nothing to watch, by its key. */
export const onlyWith = {
  drift: "driftAlert",
  "audit-export": "auditExport",
} as const satisfies Partial<Record<AlertKey, string>>;

/** The key of an alert. */
export type AlertKey = keyof typeof alerts;

/** Absence is told from a pause of the schedule by three of its pauses; 30 minutes at least. In minutes. */
export function absenceMinutes(pollMinutes: number): number {
  return Math.max(30, 3 * pollMinutes);
}

/** The longest absence that a condition can wait for (Google Cloud, "Metric-absence alerting policies": 23.5 hours), in minutes. */
export const LONGEST_ABSENCE_MINUTES = 23.5 * 60;

function logMetric(name: string): string {
  return `metric.type="logging.googleapis.com/user/${name}" AND resource.type="cloud_run_revision"`;
}

/** A condition that nothing comes for so long. */
function absent(displayName: string, filter: string, duration: string): Condition {
  return {
    displayName,
    conditionAbsent: {
      filter,
      duration,
      aggregations: [
        { alignmentPeriod: "60s", perSeriesAligner: "ALIGN_DELTA", crossSeriesReducer: "REDUCE_SUM" },
      ],
      trigger: { count: 1 },
    },
  };
}

/**
 * No data ends an incident: a counter has no data when there is nothing to count. It needs a duration of a minute (Google Cloud, "Cloud
 * Monitoring API": MetricThreshold.evaluation_missing_data).
 */
const WITHOUT_DATA_INACTIVE = {
  duration: "60s",
  evaluationMissingData: "EVALUATION_MISSING_DATA_INACTIVE",
} as const;

/** Fires when so many are counted within a period. */
function counted(
  displayName: string,
  filter: string,
  { period, above = 0, groupBy }: { period: string; above?: number; groupBy?: readonly string[] },
): Condition {
  return {
    displayName,
    conditionThreshold: {
      filter,
      comparison: "COMPARISON_GT",
      thresholdValue: above,
      duration: WITHOUT_DATA_INACTIVE.duration,
      evaluationMissingData: WITHOUT_DATA_INACTIVE.evaluationMissingData,
      aggregations: [
        {
          alignmentPeriod: period,
          perSeriesAligner: "ALIGN_DELTA",
          crossSeriesReducer: "REDUCE_SUM",
          ...(groupBy === undefined ? {} : { groupByFields: groupBy }),
        },
      ],
      trigger: { count: 1 },
    },
  };
}

/** Fires while both windows use up the error budget too fast. */
function burning(
  objective: ObjectiveKey,
  speed: keyof typeof burnRates,
  severity: AlertSeverity,
  { title, firesWithin, meaning }: { title: string; firesWithin: number; meaning: string },
): Alert {
  const { rate, longSeconds, shortSeconds } = burnRates[speed];
  return {
    title,
    severity,
    firesWithin,
    conditions: (names) =>
      [longSeconds, shortSeconds].map((seconds) => ({
        displayName: `burn rate above ${rate} over ${seconds / 60} minutes`,
        conditionThreshold: {
          filter: `select_slo_burn_rate("${names.objectives[objective]}", "${seconds}s")`,
          comparison: "COMPARISON_GT",
          thresholdValue: rate,
          duration: "0s",
          trigger: { count: 1 },
        },
      })),
    runbook: {
      meaning: `${meaning} The objective: ${withoutCapital(objectives[objective].displayName)}, ${objectives[objective].goal * 100} % over 30 days.`,
      look:
        objective === "memberships"
          ? "The dashboard shows delays by how the sign-in was found. Delays of `reconcile` mean lost deliveries; delays of `hook` mean that Okta, its rate limit or the queue is slow."
          : "The dashboard shows answers by time and status, instances and cold starts. `delivery-taken` has `milliseconds`; what is above it was spent on the start of an instance or on the way.",
      act:
        objective === "memberships"
          ? "Follow the alerts that came with this one. Without any, look at `membership-waits` entries: `reason` says why tasks wait."
          : "Raise `receiveMinInstances` where starts take the time, and `receiveCpu` or `receiveMaxInstances` where instances are busy. See https://status.cloud.google.com.",
      over: `The burn rate over ${shortSeconds / 60} minutes is below ${rate}. The budget that is used up comes back within 30 days.`,
    },
  };
}

/** The documentation of an alert, which is its section in docs/operations.md (Google Cloud, "Annotate alerts with user-defined documentation"). */
export function documentationOf({ runbook }: Alert): string {
  const { meaning, look, act, over } = runbook;
  return [
    meaning,
    `**See it.** ${look}`,
    `**Do.** ${act}`,
    `**It is over when** ${withoutCapital(over)}`,
  ].join("\n\n");
}

/** For the middle of a sentence. */
function withoutCapital(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

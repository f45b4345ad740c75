import { challengeSecretOf } from "../../function/shared/challenge-secret.ts";
import { type FunctionName, receiveVariables } from "../../function/shared/contract.ts";
import type { AlertKey, Runbook } from "../../infra/operations/alerts.ts";
import { type Objective, objectives } from "../../infra/operations/objectives.ts";
import type { Clouds } from "../environment.ts";
import { alertsByUrgency, createWatchedStack, filterOf, REGIONS } from "../google/monitoring/watched.ts";
import type { GoogleNotice } from "../google/notices.ts";
import { repeat, type Timers } from "../google/timers.ts";
import type { OktaNotice } from "../okta/model/notices.ts";
import { functionNames } from "./faults.ts";

/** An alert as a page shows it. Times are milliseconds since the epoch. */
export interface ShownAlert {
  readonly key: AlertKey;
  readonly title: string;
  readonly severity: string;
  /** Within how many minutes after the symptom begins it fires, at the latest. */
  readonly firesWithin: number;
  readonly runbook: Runbook;
  /** When it fired and when it was over, the last time first. */
  readonly incidents: readonly { readonly openedAt: number; readonly closedAt: number | undefined }[];
}

/** An objective, with what has counted so far. */
export interface ShownObjective {
  readonly title: string;
  readonly goal: number;
  readonly good: number;
  readonly all: number;
}

/** The declared alerts and objectives, evaluated over what happens in the sandbox. */
export interface Alerts {
  readonly onOkta: (notice: OktaNotice) => void;
  readonly onGoogle: (notice: GoogleNotice) => void;
  shown(): { readonly alerts: readonly ShownAlert[]; readonly objectives: readonly ShownObjective[] };
  /** The keys of those that fire. */
  firing(): readonly AlertKey[];
  close(): void;
}

/** Google evaluates once a minute; people who watch a page should not wait for so long. In milliseconds. */
const EVALUATE_MS = 10_000;
/** How often the uptime check calls the receiver, in milliseconds, as declared. */
const UPTIME_MS = 60_000;
/** How often `reconcile` runs, in minutes: the default of the setting `reconcileSchedule`. */
const POLL_MINUTES = 5;
const UPTIME_WITHIN_MS = 10_000;

/** @param isUp whether the stack is deployed: before that nothing is watched */
export function createAlerts(
  { okta, google }: Clouds,
  isUp: () => boolean,
  onChange: () => void,
  clock: Timers,
): Alerts {
  const watched = createWatchedStack(clock.now, POLL_MINUTES);
  const { alerting, series } = watched;

  const stopEvaluating = repeat(clock, EVALUATE_MS, () => {
    if (!isUp()) return;
    for (const [name, tasks] of google.tasks()) {
      watched.takeDepth(name.includes("continuation") ? "reconcile" : "grant", tasks.length);
    }
    const before = alerting.incidents.filter(({ closedAt }) => closedAt === undefined).length;
    alerting.evaluate(clock.now());
    if (alerting.incidents.filter(({ closedAt }) => closedAt === undefined).length !== before) onChange();
  });
  const stopChecking = repeat(clock, UPTIME_MS, () => void checkUptime());

  async function checkUptime(): Promise<void> {
    const uri = [...okta.content.hooks.values()][0]?.channel.uri;
    const secret = google.variableOf("receive", receiveVariables.hookSecret.name);
    if (!isUp() || uri === undefined || secret === undefined) return;
    const isPassed = await answersChallenge(uri, challengeSecretOf(secret));
    for (const region of REGIONS) watched.takeUptime(region, isPassed);
  }

  return {
    onOkta(notice) {
      if (notice.kind !== "delivery" || notice.status === undefined) return;
      watched.takeAnswer("receive", { status: notice.status, milliseconds: notice.milliseconds });
    },
    onGoogle(notice) {
      if (notice.kind === "function-log") {
        const name = nameOf(notice.function);
        if (name !== undefined) watched.takeEntry(name, notice.line);
      } else if (notice.kind === "task" && notice.event === "finished" && notice.status !== undefined) {
        watched.takeAnswer("grant", { status: notice.status, milliseconds: notice.milliseconds ?? 0 });
      } else if (notice.kind === "export") watched.takeExport(notice.isTaken);
    },
    firing: () =>
      alertsByUrgency().flatMap(([key]) =>
        alerting.incidents.some(({ alert, closedAt }) => alert === key && closedAt === undefined)
          ? [key]
          : [],
      ),
    shown: () => ({
      alerts: alertsByUrgency().map(([key, { title, severity, firesWithin, runbook }]) => ({
        key,
        title,
        severity,
        firesWithin,
        runbook,
        incidents: alerting.incidents
          .filter(({ alert }) => alert === key)
          .map(({ openedAt, closedAt }) => ({ openedAt, closedAt }))
          .reverse(),
      })),
      objectives: Object.values<Objective>(objectives).map((objective) => {
        const values = series.matching(filterOf(objective)).flatMap(({ points }) => points);
        const good = values.filter(({ value }) => Number(value) <= objective.limit).length;
        return { title: objective.displayName, goal: objective.goal, good, all: values.length };
      }),
    }),
    close() {
      stopEvaluating();
      stopChecking();
    },
  };
}

/** The function of a service such as `signin-groups-grant-1a2b3c4`. */
function nameOf(service: string): FunctionName | undefined {
  return functionNames.find((name) => service.includes(name));
}

/** What the uptime check of the program asks, and expects. */
async function answersChallenge(uri: string, secret: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${secret}`, "x-okta-verification-challenge": "uptime" };
  try {
    const answer = await fetch(uri, { headers, signal: AbortSignal.timeout(UPTIME_WITHIN_MS) });
    return answer.status === 200 && (await answer.text()) === '{"verification":"uptime"}';
  } catch {
    return false;
  }
}

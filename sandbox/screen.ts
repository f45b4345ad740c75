import { styleText } from "node:util";
import type { Progress } from "./deploy/creation.ts";
import type { GoogleNotice } from "./google/notices.ts";
import type { OktaNotice } from "./okta/model/notices.ts";
import type { Trace } from "./traces.ts";

/** Writes for a person. */
export interface Screen {
  heading(text: string): void;
  line(text: string): void;
  good(text: string): void;
  bad(text: string): void;
  /** Whether colours are shown. */
  readonly colour: boolean;
  readonly onProgress: (progress: Progress) => void;
  readonly onOkta: (notice: OktaNotice) => void;
  readonly onGoogle: (notice: GoogleNotice) => void;
}

/** The stream and the clock, in milliseconds. Colours are left out where the stream shows none. */
export function createScreen(stream: NodeJS.WritableStream, now: () => number): Screen {
  const began = now();
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    styleText(format, text, { stream });
  const line = (text: string) => void stream.write(`${text}\n`);
  const good = (text: string) => line(`  ${style("green", "✓")} ${text}`);
  const bad = (text: string) => line(`  ${style("red", "✗")} ${text}`);
  const at = () => style("dim", `${((now() - began) / 1000).toFixed(1).padStart(6)} s`);
  const resource = (type: string, name: string) => `${shortType(type).padEnd(42)} ${name}`;

  const onProgress = (progress: Progress) => {
    switch (progress.kind) {
      case "created":
        return line(
          `${at()}  ${style("green", "+")} ${resource(progress.type, progress.name)}${took(progress.milliseconds)}`,
        );
      case "deleted":
        return line(
          `${at()}  ${style("red", "-")} ${resource(progress.type, progress.name)}${took(progress.milliseconds)}`,
        );
      case "retained":
        return line(
          `${at()}  ${style("dim", "=")} ${resource(progress.type, progress.name)} ${style("dim", "kept")}`,
        );
      case "hook":
        return line(`${at()}  ${style("cyan", "?")} running the hook ${progress.hook} of ${progress.name}`);
      case "failed":
        return line(
          `${at()}  ${style("red", "✗")} ${resource(progress.type, progress.name)}\n    ${progress.message}`,
        );
      case "log":
        return line(`${at()}    ${progress.message}`);
    }
  };
  // Quick steps need no figure.
  const took = (milliseconds: number) =>
    milliseconds < 100 ? "" : style("dim", `  ${(milliseconds / 1000).toFixed(1)} s`);

  return {
    heading: (text) => line(`\n${style("bold", text)}`),
    line,
    good,
    bad,
    colour: style("bold", "") !== "",
    onProgress,
    onOkta(notice) {
      if (notice.kind !== "verification") return;
      const answer = notice.status === undefined ? "did not answer" : `answered ${notice.status}`;
      const text = `Okta verified "${notice.hookName}": the receiver ${answer} in ${Math.round(notice.milliseconds)} ms`;
      line(`${at()}  ${style(notice.ok ? "green" : "red", notice.ok ? "✓" : "✗")} ${text}`);
    },
    onGoogle(notice) {
      if (notice.kind !== "function-log") return;
      const { severity, message, reason } = notice.line;
      if (severity === "DEBUG" || severity === "INFO") return;
      const why = typeof reason === "string" ? ` (${reason})` : "";
      line(`           ${style("dim", `${notice.function}: ${String(message)}${why}`)}`);
    },
  };
}

/** One sign-in's way in a line: event, delivery, task, PUT. */
export function describeTrace({ eventType, result, steps }: Trace): string {
  const deliveries = steps.filter(({ kind }) => kind === "delivery");
  const tasks = steps.filter((step) => step.kind === "task");
  const puts = steps.flatMap(({ kind, status }) => (kind === "membership" ? (status ?? "no answer") : []));
  const attemptsOf = (task: string) =>
    steps.filter((step) => step.kind === "attempt" && step.task === task).length;
  const delivered = deliveries.map(({ status }) => status ?? "no answer").join(", ") || "to nobody";
  const queued =
    tasks.length === 0
      ? "no task"
      : tasks
          .map(({ task }) => {
            const attempts = attemptsOf(task);
            return `task ${task.slice(0, 8)}…${attempts > 1 ? ` (${attempts} attempts)` : ""}`;
          })
          .join(", ");
  const written = puts.length === 0 ? "" : ` → PUT ${puts.join(", ")}`;
  return `${eventType} ${result} → delivered ${delivered} → ${queued}${written}`;
}

/** `gcp:kms/cryptoKey:CryptoKey` as people write it: gcp kms.CryptoKey. */
function shortType(type: string): string {
  const [provider, module = "", name] = type.split(":");
  const [namespace] = module.split("/");
  return `${provider} ${namespace === "index" ? "" : `${namespace}.`}${name}`;
}

// drift-entry.ts: says in Cloud Logging that the stack is as the program says, if it is, by the exit code that `capture` kept. The
// alert "drift" (infra/operations/alerts.ts) fires when no such entry has come for a day.
import { createGoogleApi } from "../../cli/google-api.ts";
import { type SignalName, type Signals, signals } from "../../function/shared/signals.ts";
import { required } from "./github.ts";

const project = required(process.env, "PROJECT");
const stack = required(process.env, "STACK");
if (required(process.env, "EXIT_CODE") === "0") {
  const event: SignalName = "drift-checked";
  const fields: Signals["drift-checked"] = { stack, outcome: "same" };
  const { severity, message } = signals[event];
  const answer = await createGoogleApi(process.env, {}, project).call("logging", "entries:write", {
    signal: AbortSignal.timeout(60_000),
    body: {
      logName: `projects/${project}/logs/signin-groups-drift`,
      resource: { type: "global", labels: { project_id: project } },
      entries: [{ severity, jsonPayload: { message, event, ...fields } }],
    },
  });
  if (answer.kind !== "found") {
    throw new Error(
      `The entry was not written: ${answer.message} The account of the workflow needs logging.logEntries.create, which roles/logging.logWriter has.`,
    );
  }
}

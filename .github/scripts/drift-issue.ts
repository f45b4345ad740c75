// drift-issue.ts: opens, updates or closes the one issue on drift, by the output and exit code that `capture` kept.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AUTHOR, connect, required, runUrl } from "./github.ts";
import { renderReport } from "./report.ts";

/** What `--expect-no-changes` ends with when there are changes; everything else but 0 is an error of another kind. */
const DRIFT = "7";
const LABEL = "drift";

const stack = required(process.env, "STACK");
const exitCode = required(process.env, "EXIT_CODE");
const marker = `<!-- signin-groups: drift of ${stack} -->`;
const github = connect(process.env);

if (exitCode !== "0" && exitCode !== DRIFT) {
  throw new Error(`The check itself failed, with exit code ${exitCode}: see the step before this one.`);
}
const issue = (await github.list(`/issues?state=open&labels=${LABEL}`)).find(isDriftIssue);
if (exitCode === "0") {
  if (issue !== undefined) {
    await github.request("POST", `/issues/${issue.number}/comments`, {
      body: `The drift is gone ([run](${runUrl(process.env)})).`,
    });
    await github.request("PATCH", `/issues/${issue.number}`, { state: "closed", state_reason: "completed" });
  }
} else {
  const body = renderReport({
    marker,
    heading: `\`${stack}\` is not what the program says`,
    verdict:
      "Somebody or something changed it outside of Pulumi, or an update is still to come. `pulumi up` sets it right; " +
      "what should stay belongs in the program. This issue closes itself when the drift is gone.",
    output: await readFile(join(required(process.env, "RUNNER_TEMP"), "output.txt"), "utf8"),
    open: false,
    origin: `of ${required(process.env, "GITHUB_SHA")}`,
    runUrl: runUrl(process.env),
  });
  if (issue === undefined) {
    await github.request("POST", "/issues", { title: `Drift in ${stack}`, body, labels: [LABEL] });
  } else {
    await github.request("PATCH", `/issues/${issue.number}`, { body });
  }
}

/** The issue that an earlier run opened; anybody can write the marker into an issue of their own. */
function isDriftIssue(value: unknown): value is { readonly number: number } {
  return (
    typeof value === "object" &&
    value !== null &&
    "number" in value &&
    typeof value.number === "number" &&
    "body" in value &&
    typeof value.body === "string" &&
    value.body.startsWith(marker) &&
    "user" in value &&
    typeof value.user === "object" &&
    value.user !== null &&
    "login" in value.user &&
    value.user.login === AUTHOR
  );
}

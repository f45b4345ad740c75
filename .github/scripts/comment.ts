// comment.ts ABOUT: reports to a pull request how a run of Pulumi went, whose output and exit code `capture` kept.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { connect, required, runUrl } from "./github.ts";
import { renderReport } from "./report.ts";
import { upsertComment } from "./upsert-comment.ts";

/** What a comment can be about. Those of one topic are one comment. */
const abouts: Readonly<
  Record<string, { topic: string; heading: (stack: string) => string; success: string; failure: string }>
> = {
  preview: {
    topic: "preview",
    heading: (stack) => `Preview of \`${stack}\``,
    success: "This is what merging would change.",
    failure: "**The preview failed.** Nothing was touched.",
  },
  "environment-deployed": {
    topic: "environment",
    heading: (stack) => `Preview environment \`${stack}\``,
    success: "It is up, with groups of its own.",
    failure: "**The update failed.** The next push tries again; without the label it is destroyed.",
  },
  "environment-destroyed": {
    topic: "environment",
    heading: (stack) => `Preview environment \`${stack}\``,
    success: "It is destroyed.",
    failure: "**The destroy failed.** The nightly sweep tries again.",
  },
};

const name = process.argv[2] ?? "";
const about = abouts[name];
if (about === undefined) {
  throw new Error(`"${name}" is nothing to comment on; it takes one of ${Object.keys(abouts).join(", ")}.`);
}
const failed = required(process.env, "EXIT_CODE") !== "0";
const marker = `<!-- signin-groups: ${about.topic} -->`;
const body = renderReport({
  marker,
  heading: about.heading(required(process.env, "STACK")),
  verdict: failed ? about.failure : about.success,
  output: await readFile(join(required(process.env, "RUNNER_TEMP"), "output.txt"), "utf8"),
  open: failed,
  origin: `of ${required(process.env, "COMMIT")}`,
  runUrl: runUrl(process.env),
});
await upsertComment(connect(process.env), required(process.env, "PULL_REQUEST"), marker, body);

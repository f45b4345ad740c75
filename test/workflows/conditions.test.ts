import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import { describe, expect, it } from "vitest";
import { authenticates, type Job, jobs } from "./definitions.ts";

/** What a run of a workflow is about: the parts of GitHub's `github` context that the jobs look at, and those that they must not. */
interface Run {
  readonly actor: string;
  readonly triggering_actor?: string;
  readonly ref: string;
  readonly event_name: string;
  readonly repository: string;
  readonly event: object;
}

const vars = { PULUMI_BACKEND_URL: "gs://state", PREVIEW_ENVIRONMENTS: "true" };
const person = { login: "jane", type: "User" };
const dependabot = { login: "dependabot[bot]", type: "Bot" };
const renovate = { login: "renovate[bot]", type: "Bot" };
const label = { name: "preview-environment" };

/** A run for a pull request: by whom it was opened, whose event it is, and what GitHub says of it then. */
function pullRequest(
  author: object | null,
  actor: string,
  change: { action?: string; label?: object; labels?: object[]; state?: string; from?: string } = {},
): Run {
  const { action = "synchronize", labels = [label], state = "open", from = "acme/identity" } = change;
  return {
    actor,
    triggering_actor: actor,
    ref: "refs/pull/12/merge",
    event_name: "pull_request",
    repository: "acme/identity",
    event: {
      action,
      ...(change.label ? { label: change.label } : {}),
      pull_request: { user: author, state, labels, head: { repo: from === "" ? null : { full_name: from } } },
    },
  };
}

/** Evaluates a job's condition by GitHub's own library. */
function isStarted(job: Job, github: Run, variables: object = vars): boolean {
  const contexts = JSON.parse(JSON.stringify({ github, vars: variables }), data.reviver);
  const expression = new Parser(new Lexer(job.if ?? "true").lex().tokens, ["github", "vars"], []).parse();
  const result = new Evaluator(expression, contexts).evaluate();
  if (!(result instanceof data.BooleanData)) throw new Error(`The condition is ${result.coerceString()}.`);
  return result.value;
}

const withIdentity = jobs.filter(({ job }) => authenticates(job));

/** The jobs with an identity that a run starts, of the workflows that run on its event. */
const started = (run: Run, variables?: object) =>
  withIdentity
    .filter(({ workflow }) => run.event_name in workflow.on)
    .filter(({ job }) => isStarted(job, run, variables))
    .map(({ name }) => name.replace(" in .github/workflows", ""));

const preview = "preview/pull-request.yml";
const deploy = "deploy/preview-environment.yml";
const destroy = "destroy/preview-environment.yml";

describe("a pull request starts a job with an identity", () => {
  it.each([
    ["a person's commit", pullRequest(person, "jane"), [deploy, preview]],
    ["a person's commit without the label", pullRequest(person, "jane", { labels: [] }), [preview]],
    ["a person's pull request that a bot updates", pullRequest(person, "dependabot[bot]"), [deploy, preview]],
    [
      "a person's pull request that gets the label",
      pullRequest(person, "john", { action: "labeled", label }),
      [deploy, preview],
    ],
    [
      "a closed pull request",
      pullRequest(person, "jane", { action: "closed", state: "closed" }),
      [destroy, preview],
    ],
    [
      "a label taken off",
      pullRequest(person, "jane", { action: "unlabeled", label, labels: [] }),
      [destroy, preview],
    ],
  ])("for %s", (_, run, expected) => {
    expect(started(run).sort()).toEqual(expected);
  });
});

describe("a pull request starts no job that runs its code with an identity", () => {
  it.each([
    ["Dependabot's commit", pullRequest(dependabot, "dependabot[bot]")],
    ["Dependabot's commit after a person updated the branch", pullRequest(dependabot, "jane")],
    [
      "Dependabot's commit after a person gave the label",
      pullRequest(dependabot, "jane", { action: "labeled", label }),
    ],
    [
      "Dependabot's commit after a person reopened it",
      pullRequest(dependabot, "jane", { action: "reopened" }),
    ],
    ["another bot's commit", pullRequest(renovate, "renovate[bot]")],
    ["another bot's commit after a person updated the branch", pullRequest(renovate, "jane")],
    ["an author whose account is gone", pullRequest(null, "jane")],
    ["a fork's commit", pullRequest(person, "jane", { from: "mallory/identity" })],
    [
      "a fork's commit after a maintainer gave the label",
      pullRequest(person, "john", { from: "mallory/identity", action: "labeled", label }),
    ],
    ["the commit of a fork that is gone", pullRequest(person, "jane", { from: "" })],
  ])("for %s", (_, run) => {
    expect(started(run)).toEqual([]);
  });

  it("before the repository is set up for it", () => {
    expect(started(pullRequest(person, "jane"), {})).toEqual([]);
  });
});

it("decides on no attribute that a later event by somebody else changes", () => {
  for (const { name, job } of jobs) {
    expect(job.if ?? "", name).not.toMatch(
      /github\.(triggering_)?actor|github\.event\.sender|head_commit|head_ref/,
    );
  }
});

describe("a run without a pull request", () => {
  const run = (event_name: string, ref: string): Run => ({
    actor: "jane",
    ref,
    event_name,
    repository: "acme/identity",
    event: {},
  });

  it.each([
    ["push", ["up/deploy.yml"]],
    ["schedule", ["check/drift.yml", "sweep/preview-environment.yml"]],
    ["workflow_dispatch", ["check/drift.yml", "sweep/preview-environment.yml", "up/deploy.yml"]],
  ])("acts for main at a %s, and for no other branch", (event, expected) => {
    expect(started(run(event, "refs/heads/main")).sort()).toEqual(expected);
    expect(started(run(event, "refs/heads/mine"))).toEqual([]);
    expect(started(run(event, "refs/heads/main"), {})).toEqual([]);
  });
});

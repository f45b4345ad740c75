/** A step of the round. */
export interface Step {
  /** For `--steps`, the progress and the report. */
  readonly name: StepName;
  /** What it does, in a sentence without an end. */
  readonly does: string;
  /** What it creates, changes or deletes, and where. */
  readonly touches: string;
  /** How long it is expected to take on the real clouds, in minutes. An estimate: it was never measured there. */
  readonly minutes: number;
  /** What Google is expected to charge for it, in US dollars, without free allowances; Okta charges nothing. */
  readonly dollars: number;
}

/** The steps in their order. */
export const stepNames = [
  "doctor",
  "preview",
  "up",
  "smoke",
  "sign-in",
  "look",
  "up-again",
  "refresh",
  "rule",
  "rotate",
  "lost",
  "broken-build",
  "repaired-build",
  "destroy",
  "nothing-left",
] as const;

/** The name of a step. */
export type StepName = (typeof stepNames)[number];

/** Cloud Build, e2-standard-2, default pool: US dollars a build minute (Google Cloud, "Cloud Build pricing"). */
const BUILD_MINUTE = 0.006;

/** Three functions, each built for about two minutes. */
const THREE_BUILDS = 6 * BUILD_MINUTE;

/** Two apps have a key each: US dollars a month for a version of a software key (Google Cloud, "Cloud KMS pricing"). */
const TWO_KEYS = 2 * 0.06;

/** US dollars a month for a version of a secret (Google Cloud, "Secret Manager pricing"). */
const SECRET = 0.06;

/**
 * One warm instance for the hour that a round takes: 1 CPU and 0.5 GiB at Cloud Run's idle rate of 0.0000025 US dollars a second
 * for each (Google Cloud, "Cloud Run pricing").
 */
const WARM_HOUR = 3600 * 1.5 * 0.0000025;

/** What each step does, costs and touches. */
export const steps: readonly Step[] = [
  {
    name: "doctor",
    does: "looks for what would make the update fail, as npm run doctor does",
    touches: "nothing",
    minutes: 1,
    dollars: 0,
  },
  { name: "preview", does: "runs pulumi preview", touches: "nothing", minutes: 1, dollars: 0 },
  {
    name: "up",
    does: "runs pulumi up",
    touches: "creates the stack's resources in the org and the project; enables APIs, which stay enabled",
    minutes: 10,
    dollars: THREE_BUILDS + TWO_KEYS + SECRET + WARM_HOUR,
  },
  {
    name: "smoke",
    does: "looks whether the stack works, as npm run smoke does",
    touches: "nothing",
    minutes: 1,
    dollars: 0,
  },
  {
    name: "sign-in",
    does: "signs a new test person in, and waits until they are a member",
    touches: "creates a person in the org, who becomes a member of the stack's group",
    minutes: 1,
    dollars: 0,
  },
  {
    name: "look",
    does: "asks both clouds what the sandbox assumes about them",
    touches: "creates and deletes a group, a person and an app in the org; refused calls in the project",
    minutes: 2,
    dollars: 0,
  },
  {
    name: "up-again",
    does: "runs pulumi up again: nothing may change",
    touches: "nothing",
    minutes: 1,
    dollars: 0,
  },
  {
    name: "refresh",
    does: "runs pulumi refresh: nothing may have changed",
    touches: "nothing",
    minutes: 1,
    dollars: 0,
  },
  {
    name: "rule",
    does: "adds a condition to the first rule, and signs in somebody whom it takes and somebody whom it leaves out",
    touches: "updates the functions; two people",
    minutes: 4,
    dollars: 0,
  },
  {
    name: "rotate",
    does: "rotates the hook secret and the signing keys, and signs somebody in",
    touches: "creates a secret, two keys, two apps and an event hook, and deletes the former hook; a person",
    minutes: 8,
    dollars: TWO_KEYS + SECRET,
  },
  {
    name: "lost",
    does: "deactivates the event hook, signs somebody in, activates it, and waits until reconcile has found them",
    touches: "the event hook for a minute; a person",
    minutes: 4,
    dollars: 0,
  },
  {
    name: "broken-build",
    does: "deploys a copy of the program with a syntax error: the update must fail, and sign-ins must work as before",
    touches: "three builds that fail; a person",
    minutes: 6,
    dollars: THREE_BUILDS,
  },
  {
    name: "repaired-build",
    does: "deploys the program as it is, and looks whether the stack works",
    touches: "the functions",
    minutes: 8,
    dollars: THREE_BUILDS,
  },
  {
    name: "destroy",
    does: "runs pulumi destroy",
    touches: "deletes the stack's resources; Google keeps key rings and, for 30 days, key versions",
    minutes: 4,
    dollars: 0,
  },
  {
    name: "nothing-left",
    does: "looks for every resource that the stack had, and deletes the test people",
    touches: "deletes the test people",
    minutes: 1,
    dollars: 0,
  },
];

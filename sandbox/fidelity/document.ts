import { CONSEQUENCES, type Decision, EVIDENCE, type EvidenceClass } from "./decisions.ts";

/** How many decisions have each class of evidence. */
export function countByEvidence(decisions: readonly Decision[]): Readonly<Record<EvidenceClass, number>> {
  const count = (evidence: EvidenceClass) => decisions.filter((one) => one.evidence === evidence).length;
  return {
    recorded: count("recorded"),
    "vendor-code": count("vendor-code"),
    documentation: count("documentation"),
    assumed: count("assumed"),
  };
}

/** The assumed decisions, by what breaks when one is wrong: the worst first. */
export function assumptions(decisions: readonly Decision[]): readonly Decision[] {
  const order = Object.keys(CONSEQUENCES);
  return decisions
    .filter(({ evidence }) => evidence === "assumed")
    .sort((one, other) => order.indexOf(one.consequence) - order.indexOf(other.consequence));
}

/** The sentences of the README about the evidence. */
export function readmeSentences(decisions: readonly Decision[]): string {
  const { assumed } = countByEvidence(decisions);
  return [
    "The program was never run against real Okta and Google Cloud: of the sandbox's",
    `${decisions.length} decisions about what the real services do, ${assumed} are assumed, and`,
    "[docs/fidelity.md](docs/fidelity.md) lists what a first real deployment has to show.",
  ].join("\n");
}

/** The text of docs/fidelity.md. */
export function renderDocument(decisions: readonly Decision[]): string {
  const counts = countByEvidence(decisions);
  return `${[
    "<!-- Written by `npm run fidelity` from the comments in sandbox/. Do not edit. -->",
    "",
    "# Fidelity: what the sandbox assumes about the real clouds",
    "",
    "Every test of this project runs against a local Okta and a local Google Cloud. Where they decide wrongly, every test",
    "agrees with them. So each of their decisions about a call has its evidence in a comment next to the code that decides,",
    "and this document collects the comments. The program was never run against real Okta and Google Cloud.",
    "",
    "| evidence | decisions | what it means |",
    "|---|---|---|",
    ...rows(EVIDENCE, (evidence, meaning) => `| ${evidence} | ${counts[evidence]} | ${meaning} |`),
    "",
    "[What a first real deployment has to show](#what-a-first-real-deployment-has-to-show) lists the assumed decisions by",
    "what breaks when one is wrong:",
    "",
    "| what breaks | meaning |",
    "|---|---|",
    ...rows(CONSEQUENCES, (consequence, meaning) => `| ${consequence} | ${meaning} |`),
    "",
    "## How to add a decision",
    "",
    "Put a block comment directly before the route, the statement or the named function that decides, and run",
    "`npm run fidelity`. A comment can hold several decisions, and other text before them.",
    "",
    "```",
    "/**",
    " * @decision A group that is not there is answered with 404 E0000007 and the kind (UserGroup).",
    " * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_groups_it/…test_create_get_group",
    " * @matters deployment fails: the provider drops the group from the state at a refresh.",
    " */",
    "```",
    "",
    `\`@evidence\` begins with one of ${words(EVIDENCE)}. Name the document, or repository, version and file, and claim no`,
    `class that you have not seen. \`@matters\` begins with one of ${words(CONSEQUENCES)}. An assumed decision also has`,
    "`@show`: what a first real deployment has to show. `npm run fidelity -- --uncovered` lists the routes and refusals that",
    "no decision covers. What the sandbox does for itself, and no real service does, such as a fault that a test switches on,",
    "is covered by `@own` and the reason instead.",
    "",
    ...tables(decisions),
    "## What a first real deployment has to show",
    "",
    ...showList(decisions),
  ]
    .join("\n")
    .trimEnd()}\n`;
}

function tables(decisions: readonly Decision[]): readonly string[] {
  return ROOMS.flatMap((room) => {
    const own = decisions.filter(({ file }) => roomOf(file) === room);
    if (own.length === 0) return [];
    return [
      `## ${room.title}`,
      "",
      "| decision | evidence | source | what rests on it | file |",
      "|---|---|---|---|---|",
      ...own.map(({ file, statement, evidence, source, consequence, matters }) => {
        const cells = [statement, evidence, source, `${consequence}: ${matters}`].map(cell);
        return `| ${cells.join(" | ")} | ${link(file)} |`;
      }),
      "",
    ];
  });
}

function showList(decisions: readonly Decision[]): readonly string[] {
  const assumed = assumptions(decisions);
  if (assumed.length === 0) return ["Nothing: no decision is assumed."];
  return rows(CONSEQUENCES, (consequence, meaning) => ({ consequence, meaning })).flatMap(
    ({ consequence, meaning }) => {
      const own = assumed.filter((one) => one.consequence === consequence);
      if (own.length === 0) return [];
      return [
        `### ${consequence.charAt(0).toUpperCase()}${consequence.slice(1)}`,
        "",
        meaning,
        "",
        "| to show | assumed now | what rests on it | file |",
        "|---|---|---|---|",
        ...own.map(({ show = "", statement, matters, file }) => {
          const cells = [show, statement, matters].map(cell);
          return `| ${cells.join(" | ")} | ${link(file)} |`;
        }),
        "",
      ];
    },
  );
}

function rows<Key extends string, Row>(
  vocabulary: Readonly<Record<Key, string>>,
  row: (key: Key, meaning: string) => Row,
): readonly Row[] {
  const made: Row[] = [];
  for (const key in vocabulary) made.push(row(key, vocabulary[key]));
  return made;
}

function words(vocabulary: object): string {
  return Object.keys(vocabulary)
    .map((word) => `\`${word}:\``)
    .join(", ");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function link(file: string): string {
  return `[${file.replace(/^sandbox\//, "")}](../${file})`;
}

/** A part of the sandbox whose decisions stand in one table. */
interface Room {
  readonly title: string;
  /** Paths of files, or of folders with a slash at the end, below sandbox/. */
  readonly paths: readonly string[];
}

const okta = (...names: readonly string[]) => names.map((name) => `okta/${name}.ts`);
const google = (...names: readonly string[]) => names.map((name) => `google/${name}`);

/** All rooms, in the order of the document. The first one that has a file's path is the file's. */
const ROOMS: readonly Room[] = [
  {
    title: "Okta: token endpoint",
    paths: okta("auth/token-endpoint", "auth/client-assertion"),
  },
  { title: "Okta: access control", paths: ["okta/auth/"] },
  {
    title: "Okta: groups and memberships",
    paths: okta("routes/groups", "routes/memberships", "model/group"),
  },
  { title: "Okta: people", paths: okta("routes/people", "routes/authn") },
  {
    title: "Okta: apps and grants",
    paths: okta("routes/apps", "routes/app-policies", "routes/grants"),
  },
  {
    title: "Okta: roles and resource sets",
    paths: okta(
      "routes/roles",
      "routes/role-assignments",
      "routes/resource-sets",
      "routes/resources",
      "model/roles",
    ),
  },
  {
    title: "Okta: event hooks and deliveries",
    paths: ["okta/hooks/", ...okta("routes/event-hooks", "log/event-types")],
  },
  {
    title: "Okta: System Log and events",
    paths: ["okta/log/", ...okta("routes/system-log", "model/log-event")],
  },
  { title: "Okta: rate limits", paths: ["okta/limits/", ...okta("model/limits")] },
  { title: "Okta: errors, ids and the rest", paths: ["okta/"] },
  { title: "Google: IAM and tokens", paths: ["google/iam/", "google/resource-manager.ts"] },
  {
    title: "Google: organization policies",
    paths: google("organization.ts", "organization-policies.ts", "locations.ts"),
  },
  { title: "Google: Cloud Functions and builds", paths: ["google/functions/"] },
  { title: "Google: metadata server", paths: google("run/metadata-server.ts") },
  { title: "Google: Cloud Run", paths: ["google/run/"] },
  { title: "Google: Cloud Tasks", paths: ["google/tasks/"] },
  { title: "Google: Cloud Scheduler", paths: ["google/scheduler/"] },
  { title: "Google: Cloud KMS", paths: ["google/kms/"] },
  { title: "Google: Secret Manager", paths: google("secret-manager.ts") },
  { title: "Google: Cloud Storage", paths: ["google/storage/"] },
  {
    title: "Google: Service Usage and billing",
    paths: google("service-usage.ts", "quotas.ts", "account.ts"),
  },
  { title: "Google: Artifact Registry", paths: google("artifact-registry.ts") },
  { title: "Google: errors, operations and the rest", paths: ["google/"] },
  { title: "Deployment: what the Okta provider does", paths: ["deploy/okta/"] },
  { title: "Deployment: what the Google Cloud provider does", paths: ["deploy/google/"] },
  { title: "Deployment: what the engine does", paths: ["deploy/"] },
  { title: "Simulated companies", paths: ["simulation/"] },
];

/** The room of a file. @throws Error when there is none */
export function roomOf(file: string): Room {
  const path = file.replace(/^sandbox\//, "");
  const room = ROOMS.find(({ paths }) =>
    paths.some((one) => (one.endsWith("/") ? path.startsWith(one) : path === one)),
  );
  if (room === undefined) throw new Error(`${file} has no room: add one in sandbox/fidelity/document.ts.`);
  return room;
}

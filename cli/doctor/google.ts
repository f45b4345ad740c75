import { hostings } from "../../infra/google/hostings.ts";
import { SERVICES } from "../../infra/google/services.ts";
import { auditExportServices } from "../../infra/operations/audit-export.ts";
import type { StackResource } from "../../infra/preflight/stack.ts";
import { regionWarning } from "../../infra/regions.ts";
import { defaultSettings, type Settings } from "../../infra/settings.ts";
import { AccessError } from "../command.ts";
import { type Finding, finding } from "../findings.ts";
import {
  type ApiName,
  enable,
  explainRefusal,
  type GoogleAnswer,
  type GoogleApi,
  readPages,
} from "../google-api.ts";
import type { LookUps } from "../look-ups.ts";
import { permissionsFor, roleWith } from "./permissions.ts";
import { lookAtPolicies } from "./policies.ts";
import { lookAtQuotas } from "./quotas.ts";

/** What is known of a stack before Google Cloud is looked at. */
export interface GoogleStack {
  /** Name of the component. */
  readonly name: string;
  readonly project: string;
  /** Undefined when it is wrong. */
  readonly region: string | undefined;
  /** Undefined when they have mistakes. */
  readonly settings: Settings | undefined;
  /** What the stack has; undefined when that could not be read. */
  readonly resources: readonly StackResource[] | undefined;
}

/** Everything about Google Cloud that decides whether an update succeeds. */
export async function lookAtGoogle(
  stack: GoogleStack,
  api: GoogleApi,
  lookUps: LookUps,
): Promise<readonly Finding[]> {
  const { project, findings } = await lookAtProject(stack, api, lookUps);
  if (!project) return [...findings, finding("google").unknown("Everything else in Google Cloud.")];
  const services = await readServices(stack, api, lookUps);
  const rest = await Promise.all([
    lookAtBilling(stack, api, lookUps),
    [describeServices(stack, services)],
    lookAtPermissions(stack, api, lookUps),
    lookAtRegion(stack, api, services, lookUps),
    lookAtOrganization(stack, lookUps),
    lookAtQuotas(stack, api, lookUps),
    [describeNames()],
  ]);
  return [...findings, ...rest.flat()];
}

const LOGIN = "gcloud auth application-default login";

/** Whether the credentials are good, and the project is there. */
async function lookAtProject(
  { project }: GoogleStack,
  api: GoogleApi,
  lookUps: LookUps,
): Promise<{ readonly project: boolean; readonly findings: readonly Finding[] }> {
  const credentials = finding("google-credentials");
  const { ok, failure, unknown } = finding("google-project");
  let answer: GoogleAnswer;
  try {
    answer = await lookUps.run("the Google Cloud project", (signal) =>
      api.call("resourceManager", `projects/${project}`, { signal }),
    );
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    const meaning = error.message.split("\n", 1)[0] ?? error.message;
    return { project: false, findings: [credentials.failure(meaning, { command: LOGIN })] };
  }
  const accepted = credentials.ok("Google Cloud accepts the credentials.");
  if (answer.kind === "unreached") return { project: false, findings: [unknown(`${answer.message}.`)] };
  if (answer.kind === "refused") {
    if (answer.status === 401) {
      const meaning = "Google Cloud does not accept the credentials (401): they have ended or were revoked.";
      return { project: false, findings: [credentials.failure(meaning, { command: LOGIN })] };
    }
    if (answer.reason === "SERVICE_DISABLED") {
      const meaning =
        "The API cloudresourcemanager.googleapis.com is off. The program reads the project by it before it can enable any.";
      return {
        project: false,
        findings: [
          accepted,
          failure(meaning, { command: enable(project, "cloudresourcemanager.googleapis.com") }),
        ],
      };
    }
    const meaning = `There is no project ${project}, or you may not see it (${answer.status}).`;
    const fix = "Check gcp:project, and that the credentials are of somebody who has a role in it.";
    return {
      project: false,
      findings: [accepted, failure(meaning, { fix, command: "gcloud projects list" })],
    };
  }
  const state = answer.body["lifecycleState"];
  return state === "ACTIVE"
    ? { project: true, findings: [accepted, ok(`The project ${project} is active.`)] }
    : {
        project: false,
        findings: [
          accepted,
          failure(`The project ${project} is not active (${String(state)}).`, {
            command: `gcloud projects undelete ${project}`,
          }),
        ],
      };
}

async function lookAtBilling(
  { project }: GoogleStack,
  api: GoogleApi,
  lookUps: LookUps,
): Promise<readonly Finding[]> {
  const { ok, failure, unknown } = finding("google-billing");
  const answer = await lookUps.run("billing", (signal) =>
    api.call("cloudBilling", `projects/${project}/billingInfo`, { signal, inProject: true }),
  );
  if (answer.kind !== "found") {
    const { reason, ...more } = explainRefusal(answer, {
      project,
      service: "cloudbilling.googleapis.com",
      permission: "resourcemanager.projects.get",
    });
    return [
      unknown(`Whether the project has billing: ${reason}.`, {
        fix: `The console shows it: https://console.cloud.google.com/billing/linkedaccount?project=${project}`,
        ...more,
      }),
    ];
  }
  if (answer.body["billingEnabled"] === true) return [ok("Billing is enabled.")];
  return [
    failure("The project has no billing account, or a closed one: most of its APIs cannot be enabled.", {
      command: `gcloud billing projects link ${project} --billing-account=ACCOUNT_ID`,
    }),
  ];
}

/** The enabled APIs, or why they could not be listed. */
type EnabledServices =
  | { readonly kind: "found"; readonly enabled: ReadonlySet<string> }
  | { readonly kind: "unknown"; readonly reason: string };

async function readServices(
  { project }: GoogleStack,
  api: GoogleApi,
  lookUps: LookUps,
): Promise<EnabledServices> {
  const listed = await lookUps.run("the enabled APIs", (signal) =>
    readPages("services", (query) =>
      api.call("serviceUsage", `projects/${project}/services?filter=state:ENABLED&pageSize=200${query}`, {
        signal,
      }),
    ),
  );
  if (!("kind" in listed)) {
    return {
      kind: "found",
      enabled: new Set(listed.map(({ name }) => String(name).split("/").at(-1) ?? "")),
    };
  }
  if (listed.kind === "found") return { kind: "unknown", reason: "the answer has no services" };
  const { reason } = explainRefusal(listed, {
    project,
    service: "serviceusage.googleapis.com",
    permission: "serviceusage.services.list",
  });
  return { kind: "unknown", reason };
}

/** What must be on before the program can enable the others. */
const FIRST_SERVICES = ["serviceusage.googleapis.com", "cloudresourcemanager.googleapis.com"];

function describeServices(stack: GoogleStack, found: EnabledServices): Finding {
  const { project } = stack;
  const services = [...neededServices(stack)].sort();
  const { ok, failure, unknown } = finding("google-apis");
  if (found.kind === "unknown") {
    return unknown(`Which APIs are enabled: ${found.reason}.`, {
      command: enable(project, ...FIRST_SERVICES),
    });
  }
  const missing = FIRST_SERVICES.filter((name) => !found.enabled.has(name));
  if (missing.length > 0) {
    return failure(`APIs are off by which the program enables the others: ${missing.join(", ")}.`, {
      command: enable(project, ...missing),
    });
  }
  const off = services.filter((name) => !found.enabled.has(name));
  if (off.length === 0) return ok(`All ${services.length} APIs are enabled.`);
  const names = off.map((name) => name.replace(".googleapis.com", "")).join(", ");
  return ok(
    `${services.length - off.length} of ${services.length} APIs are enabled. The update enables the others: ${names}.`,
  );
}

/** Resource Manager, "projects.testIamPermissions": at most so many permissions in one call. */
const PERMISSIONS_AT_ONCE = 100;

async function lookAtPermissions(
  stack: GoogleStack,
  api: GoogleApi,
  lookUps: LookUps,
): Promise<readonly Finding[]> {
  const { project } = stack;
  const { ok, failure, unknown } = finding("google-permissions");
  const deployerPermissions = permissionsFor(settingsOf(stack));
  const held = new Set<unknown>();
  for (let start = 0; start < deployerPermissions.length; start += PERMISSIONS_AT_ONCE) {
    const permissions = deployerPermissions.slice(start, start + PERMISSIONS_AT_ONCE);
    const answer = await lookUps.run("your permissions", (signal) =>
      api.call("resourceManager", `projects/${project}:testIamPermissions`, {
        signal,
        body: { permissions },
      }),
    );
    if (answer.kind !== "found") {
      const { reason, ...more } = explainRefusal(answer, {
        project,
        service: "cloudresourcemanager.googleapis.com",
        permission: "resourcemanager.projects.get",
      });
      return [unknown(`Your permissions in the project: ${reason}.`, more)];
    }
    const granted = answer.body["permissions"];
    for (const permission of Array.isArray(granted) ? granted : []) held.add(permission);
  }
  const missing = deployerPermissions.filter((permission) => !held.has(permission));
  if (missing.length === 0) {
    return [ok(`You have the ${deployerPermissions.length} permissions that the program's resources need.`)];
  }
  const byRole = Map.groupBy(missing, roleWith);
  return [...byRole].map(([role, permissions]) =>
    failure(`You lack ${permissions.join(", ")}.`, {
      command: `gcloud projects add-iam-policy-binding ${project} --member="user:$(gcloud config get account)" --role=${role} --condition=None`,
    }),
  );
}

/** The services that the region must have, with the method that lists their locations. */
const regionalServices: readonly {
  readonly name: string;
  readonly service: string;
  readonly api: ApiName;
}[] = [
  { name: "Cloud Tasks", service: "cloudtasks.googleapis.com", api: "cloudTasks" },
  { name: "Cloud Scheduler", service: "cloudscheduler.googleapis.com", api: "cloudScheduler" },
  { name: "Cloud KMS", service: "cloudkms.googleapis.com", api: "kms" },
  { name: "Cloud Functions", service: "cloudfunctions.googleapis.com", api: "cloudfunctions2" },
  { name: "Cloud Run", service: "run.googleapis.com", api: "cloudRun" },
  { name: "Artifact Registry", service: "artifactregistry.googleapis.com", api: "artifactRegistry" },
  { name: "Secret Manager", service: "secretmanager.googleapis.com", api: "secretManager" },
];

/** The defaults where the settings have mistakes. */
function settingsOf({ settings = defaultSettings }: GoogleStack): Settings {
  return settings;
}

function neededServices(stack: GoogleStack): readonly string[] {
  const { hosting, auditExport } = settingsOf(stack);
  return [...SERVICES, ...hostings[hosting].services, ...auditExportServices[auditExport]];
}

/** Asks each service that is on where it is offered. The others are known only from the lists of the program. */
async function lookAtRegion(
  stack: GoogleStack,
  api: GoogleApi,
  services: EnabledServices,
  lookUps: LookUps,
): Promise<readonly Finding[]> {
  const { project, region } = stack;
  const { ok, warning, failure, unknown } = finding("google-region");
  const needed = neededServices(stack);
  const regional = regionalServices.filter(({ service }) => needed.includes(service));
  if (region === undefined) return [unknown("Which services the region has: gcp:region has a mistake.")];
  const on = regional.filter(({ service }) => services.kind === "found" && services.enabled.has(service));
  const asked = await Promise.all(
    on.map(async ({ name, api: of }) => {
      const listed = await lookUps.run(`the regions of ${name}`, (signal) =>
        readPages("locations", (query) =>
          api.call(of, `projects/${project}/locations?pageSize=200${query}`, { signal }),
        ),
      );
      return { name, locations: "kind" in listed ? undefined : listed.map(({ locationId }) => locationId) };
    }),
  );
  const lacking = asked
    .filter(({ locations }) => locations?.includes(region) === false)
    .map(({ name }) => name);
  if (lacking.length > 0) {
    return [
      failure(`Google Cloud does not offer ${lacking.join(" and ")} in ${region}.`, {
        fix: "Choose a region that has it: https://cloud.google.com/about/locations",
        command: "pulumi config set gcp:region REGION",
      }),
    ];
  }
  const doubt = regionWarning(region);
  if (doubt !== undefined) return [warning(doubt)];
  const confirmed = asked.filter(({ locations }) => locations !== undefined).length;
  const sources =
    confirmed === regional.length
      ? ""
      : confirmed === 0
        ? ", according to Google's lists"
        : `: ${confirmed} of ${regional.length} say so themselves, the others are in Google's lists`;
  return [ok(`Each service is offered in ${region}${sources}.`)];
}

async function lookAtOrganization(stack: GoogleStack, lookUps: LookUps): Promise<readonly Finding[]> {
  const { settings, resources } = stack;
  if (settings !== undefined && resources !== undefined) {
    return await lookAtPolicies({ ...stack, settings, resources }, lookUps);
  }
  const reason =
    settings === undefined ? "the settings have mistakes" : "the stack's state could not be read";
  return [finding("google-organization-policies").unknown(`What organization policies forbid: ${reason}.`)];
}

/** Google Cloud blocks the name of a deleted queue for days, and of a bucket that anybody has. */
function describeNames(): Finding {
  return finding("google-names").ok(
    "No bucket or queue can have a blocked name: Pulumi gives each a new one.",
  );
}

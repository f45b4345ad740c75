import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { SignalName } from "../../function/shared/signals.ts";
import { numberOf } from "../checks.ts";
import type { ComponentSettings } from "../given-arguments.ts";
import { type AuditExport, auditRetentionDays } from "../settings.ts";
import { oneOf, type ServiceNames } from "./metrics.ts";

/** What an auditor reads: each membership, and each that no sign-in explains. */
const RECORDS: readonly SignalName[] = ["membership", "grant-unexpected"];

const DAY_SECONDS = 86_400;

/** Where records are exported to. */
type Destination = Exclude<AuditExport, "none">;

/** The Google API behind each destination. */
export const auditExportServices: Readonly<Record<AuditExport, readonly string[]>> = {
  none: [],
  bigquery: ["bigquery.googleapis.com"],
  pubsub: ["pubsub.googleapis.com"],
};

/** What an export is made with. */
export interface AuditExportArgs {
  readonly project: string;
  readonly region: string;
  readonly stack: string;
  readonly settings: ComponentSettings;
  /** Names of the Cloud Run services. */
  readonly services: Readonly<Record<"grant" | "reconcile", pulumi.Output<string>>>;
  readonly labels: pulumi.Input<Readonly<Record<string, string>>>;
}

/** An export of the audit records. */
export interface DeclaredAuditExport {
  /** Full name of the dataset or the topic. */
  readonly destination: pulumi.Output<string>;
  /** Name of the sink. */
  readonly sink: pulumi.Output<string>;
}

/**
 * Exports the audit records by a log sink, which writes as a service agent of Google's. What it is given here is a right on the one dataset
 * or topic.
 */
export function createAuditExport(
  name: string,
  args: AuditExportArgs & { readonly to: Destination },
  options: pulumi.CustomResourceOptions,
): DeclaredAuditExport {
  return args.to === "bigquery" ? exportToDataset(name, args, options) : exportToTopic(name, args, options);
}

function exportToDataset(
  name: string,
  args: AuditExportArgs,
  options: pulumi.CustomResourceOptions,
): DeclaredAuditExport {
  const { project, region, stack, settings, labels } = args;
  // Datasets get no name by themselves. One in another region is made before this one is deleted, so it needs another name.
  const suffix = new random.RandomUuid(`${name}-audit-id`, { keepers: { region } }, options);
  const dataset = new gcp.bigquery.Dataset(
    `${name}-audit`,
    {
      project,
      location: region,
      datasetId: suffix.result.apply((uuid) => `${name}-audit-${uuid.slice(0, 8)}`.replaceAll("-", "_")),
      description: `Audit records of ${name} (${stack})`,
      defaultPartitionExpirationMs: secondsKept("bigquery", settings) * 1000,
      // Those who may read the log, and nobody who could change a record. The agent is not among them: it is known only after the
      // sink was made, which needs the dataset; and each change of the dataset sends this list, without what others added to it.
      accesses: [
        { role: "OWNER", specialGroup: "projectOwners" },
        { role: "READER", specialGroup: "projectReaders" },
      ],
      // What must not delete it is `protect`.
      deleteContentsOnDestroy: true,
      labels,
    },
    { ...options, ...protection(settings) },
  );
  const destination = pulumi.interpolate`bigquery.googleapis.com/${dataset.id}`;
  const sink = createSink(name, { ...args, to: "bigquery", destination }, options);
  new gcp.projects.IAMMember(
    `${name}-audit-sink-writes`,
    {
      project,
      role: "roles/bigquery.dataEditor",
      member: sink.writerIdentity,
      // A dataset and its tables, by their names (Google Cloud, "Control access with IAM Conditions" of BigQuery).
      condition: {
        title: "Audit records",
        description: "Only the dataset to which the log sink exports.",
        expression: pulumi.interpolate`resource.name == "${dataset.id}" || resource.name.startsWith("${dataset.id}/")`,
      },
    },
    options,
  );
  return { destination: dataset.id, sink: sink.name };
}

function exportToTopic(
  name: string,
  args: AuditExportArgs,
  options: pulumi.CustomResourceOptions,
): DeclaredAuditExport {
  const { project, region, settings, labels } = args;
  const topic = new gcp.pubsub.Topic(
    `${name}-audit`,
    {
      project,
      messageRetentionDuration: `${secondsKept("pubsub", settings)}s`,
      messageStoragePolicy: { allowedPersistenceRegions: [region] },
      labels,
    },
    { ...options, ...protection(settings) },
  );
  const destination = pulumi.interpolate`pubsub.googleapis.com/${topic.id}`;
  const sink = createSink(name, { ...args, to: "pubsub", destination }, options);
  new gcp.pubsub.TopicIAMMember(
    `${name}-audit-sink-publishes`,
    { project, topic: topic.name, role: "roles/pubsub.publisher", member: sink.writerIdentity },
    { ...options, deletedWith: topic },
  );
  return { destination: topic.id, sink: sink.name };
}

/**
 * A sink for each destination: Google refuses options of BigQuery on a sink to a topic, and the provider cannot take them away
 * (GoogleCloudPlatform/cloud-foundation-fabric#990).
 */
function createSink(
  name: string,
  {
    project,
    stack,
    services,
    to,
    destination,
  }: AuditExportArgs & {
    readonly to: Destination;
    readonly destination: pulumi.Output<string>;
  },
  options: pulumi.CustomResourceOptions,
): gcp.logging.ProjectSink {
  return new gcp.logging.ProjectSink(
    `${name}-audit-to-${to}`,
    {
      project,
      description: `Audit records of ${name} (${stack})`,
      destination,
      filter: pulumi
        .all([services.grant, services.reconcile])
        .apply(([grant, reconcile]) => auditFilter(project, { grant, reconcile })),
      // Written out, since a change by hand of what is left out would not be seen.
      disabled: false,
      uniqueWriterIdentity: true,
      ...(to === "bigquery" ? { bigqueryOptions: { usePartitionedTables: true } } : {}),
    },
    options,
  );
}

/** Which entries are exported, in the language of Cloud Logging (Google Cloud, "Logging query language"). */
export function auditFilter(
  project: string,
  { grant, reconcile }: Pick<ServiceNames, "grant" | "reconcile">,
): string {
  return [
    // What the functions print; of each log, BigQuery gets a table.
    `logName=${JSON.stringify(`projects/${project}/logs/run.googleapis.com%2Fstdout`)}`,
    'resource.type="cloud_run_revision"',
    `resource.labels.service_name=${oneOf([grant, reconcile])}`,
    `jsonPayload.event=${oneOf(RECORDS)}`,
  ].join(" AND ");
}

function secondsKept(to: Destination, { auditRetention }: Pick<ComponentSettings, "auditRetention">): number {
  return (auditRetention === "" ? auditRetentionDays[to] : numberOf(auditRetention)) * DAY_SECONDS;
}

function protection({ protectGroups }: Pick<ComponentSettings, "protectGroups">): {
  readonly protect?: true;
} {
  return protectGroups ? { protect: true } : {};
}

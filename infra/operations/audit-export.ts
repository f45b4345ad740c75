import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { SignalName } from "../../function/shared/signals.ts";
import { numberOf } from "../checks.ts";
import type { ComponentSettings } from "../given-arguments.ts";
import type { AuditExport } from "../settings.ts";
import { oneOf, type ServiceNames } from "./metrics.ts";

/** What an auditor reads: each membership, and each that no sign-in explains. */
const RECORDS: readonly SignalName[] = ["membership", "grant-unexpected"];

const DAY_SECONDS = 86_400;

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
 * Exports the audit records by a log sink, which writes as a service agent of Google's. The agent may write to the one dataset or topic,
 * and nothing else.
 */
export function createAuditExport(
  name: string,
  args: AuditExportArgs & { readonly to: Exclude<AuditExport, "none"> },
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
  const dataset = new gcp.bigquery.Dataset(
    `${name}-audit`,
    {
      project,
      location: region,
      datasetId: `${name}_${stack}_audit`.replaceAll(/[^A-Za-z0-9_]/g, "_"),
      description: `Audit records of ${name} (${stack})`,
      defaultPartitionExpirationMs: days(settings) * DAY_SECONDS * 1000,
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
  const sink = createSink(name, args, pulumi.interpolate`bigquery.googleapis.com/${dataset.id}`, options, {
    bigqueryOptions: { usePartitionedTables: true },
  });
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
        expression: pulumi.interpolate`resource.name.startsWith("${dataset.id}")`,
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
      messageRetentionDuration: `${days(settings) * DAY_SECONDS}s`,
      messageStoragePolicy: { allowedPersistenceRegions: [region] },
      labels,
    },
    { ...options, ...protection(settings) },
  );
  const sink = createSink(name, args, pulumi.interpolate`pubsub.googleapis.com/${topic.id}`, options);
  new gcp.pubsub.TopicIAMMember(
    `${name}-audit-sink-publishes`,
    { project, topic: topic.name, role: "roles/pubsub.publisher", member: sink.writerIdentity },
    { ...options, deletedWith: topic },
  );
  return { destination: topic.id, sink: sink.name };
}

function createSink(
  name: string,
  { project, stack, services }: AuditExportArgs,
  destination: pulumi.Output<string>,
  options: pulumi.CustomResourceOptions,
  inputs: Pick<gcp.logging.ProjectSinkArgs, "bigqueryOptions"> = {},
): gcp.logging.ProjectSink {
  return new gcp.logging.ProjectSink(
    `${name}-audit`,
    {
      project,
      description: `Audit records of ${name} (${stack})`,
      destination,
      filter: pulumi
        .all([services.grant, services.reconcile])
        .apply(([grant, reconcile]) => auditFilter({ grant, reconcile })),
      // Written out, since a change by hand of what is left out would not be seen.
      disabled: false,
      uniqueWriterIdentity: true,
      ...inputs,
    },
    options,
  );
}

/** Which entries are exported, in the language of Cloud Logging (Google Cloud, "Logging query language"). */
export function auditFilter({ grant, reconcile }: Pick<ServiceNames, "grant" | "reconcile">): string {
  return [
    'resource.type="cloud_run_revision"',
    `resource.labels.service_name=${oneOf([grant, reconcile])}`,
    `jsonPayload.event=${oneOf(RECORDS)}`,
  ].join(" AND ");
}

function days({ auditRetention }: Pick<ComponentSettings, "auditRetention">): number {
  return numberOf(auditRetention);
}

function protection({ protectGroups }: Pick<ComponentSettings, "protectGroups">): {
  readonly protect?: true;
} {
  return protectGroups ? { protect: true } : {};
}

import type { Api, Cloud } from "./cloud.ts";
import { alreadyExists, GoogleError, invalidField, notFound } from "./errors.ts";
import { fields, readLabels } from "./fields.ts";
import { requireLocation } from "./locations.ts";
import type { LogDestination } from "./log-sinks.ts";
import type { LogEntry } from "./logging.ts";
import type { Call } from "./routes.ts";

const SERVICE = "bigquery.googleapis.com";
const DAY_MS = 86_400_000;

type Document = Readonly<Record<string, unknown>>;

/** A table that a log sink has made. */
interface Table {
  /** How long a day's entries are kept, in milliseconds; undefined for ever. */
  readonly partitionExpirationMs: number | undefined;
  readonly entries: LogEntry[];
}

interface Dataset {
  readonly document: Document;
  readonly tables: Map<string, Table>;
}

/** BigQuery, as far as log sinks fill datasets. */
export interface BigQuery extends Api, LogDestination {
  /** The entries in the tables of a dataset, by its full name. */
  entriesOf(dataset: string): readonly LogEntry[];
}

/** Creates the datasets of a project (BigQuery, REST reference v2: datasets). */
export function createBigQuery(cloud: Cloud): BigQuery {
  const datasets = new Map<string, Dataset>();
  const nameOf = (call: Call) => `projects/${cloud.project}/datasets/${call.parameter("dataset")}`;

  /**
   * @decision A dataset that is not there is refused with 404.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 0123f38, google-beta/services/bigquery/resource_bigquery_dataset.go,
   * Read: HandleNotFoundError.
   * @matters deployment fails: a refresh makes the dataset again.
   */
  function existing(call: Call): Dataset {
    const dataset = datasets.get(nameOf(call));
    if (dataset === undefined) throw notFound(nameOf(call));
    return dataset;
  }

  /**
   * @decision A dataset's fields are kept as they are sent; numbers of 64 bits are answered as text. Without a list of access, owners,
   * writers and readers of the project get theirs.
   * @evidence documentation: BigQuery, REST reference v2, Dataset: defaultPartitionExpirationMs "string (Int64Value format)"; access: "If
   * unspecified at dataset creation time, BigQuery adds default dataset access for the following entities".
   * @matters deployment fails: what is answered in another form would be a change at each update.
   */
  function completed(name: string, body: Document, before: Document | undefined): Document {
    const labels = readLabels(fields(body, ""));
    const { defaultPartitionExpirationMs: expiration } = body;
    const location = String(before?.["location"] ?? body["location"] ?? "US");
    /**
     * @decision An expiration below an hour is refused with 400.
     * @evidence documentation: BigQuery, REST reference v2, Dataset.defaultTableExpirationMs: "The minimum value is 3600000 milliseconds";
     * taken to hold for partitions, too.
     * @matters sandbox only: the program's are days.
     */
    const isLongEnough = expiration === undefined || Number(expiration) >= 3_600_000;
    if (!isLongEnough) throw invalidField("defaultPartitionExpirationMs", "must be an hour or more");
    return {
      ...body,
      kind: "bigquery#dataset",
      id: `${cloud.project}:${name.slice(name.lastIndexOf("/") + 1)}`,
      location,
      labels,
      access: body["access"] ?? [
        { role: "WRITER", specialGroup: "projectWriters" },
        { role: "OWNER", specialGroup: "projectOwners" },
        { role: "READER", specialGroup: "projectReaders" },
      ],
      ...(expiration === undefined ? {} : { defaultPartitionExpirationMs: String(expiration) }),
      creationTime: before?.["creationTime"] ?? String(cloud.clock.now()),
      lastModifiedTime: String(cloud.clock.now()),
    };
  }

  function create(call: Call): Document {
    const id = call.fields().object("datasetReference").string("datasetId");
    /**
     * @decision A dataset's id has letters, digits and _, at most 1,024; another is refused with 400.
     * @evidence documentation: BigQuery, REST reference v2, DatasetReference.datasetId.
     * @matters deployment fails: the program makes the id of the component's and the stack's name.
     */
    if (!/^\w{1,1024}$/.test(id)) throw invalidField("datasetReference.datasetId", `"${id}" is not an id`);
    const name = `projects/${cloud.project}/datasets/${id}`;
    /**
     * @decision A dataset's id that is taken is refused with 409.
     * @evidence recorded: googleapis/java-bigquery#4074: 409, "Already Exists: Dataset …", reason duplicate.
     * @matters deployment fails: two stacks whose names differ only in a hyphen would want the same dataset.
     */
    if (datasets.has(name)) throw alreadyExists(name);
    const location = call.fields().optionalString("location") ?? "US";
    requireLocation(location);
    cloud.locations.require("a dataset", location);
    const document = completed(name, call.fields().raw, undefined);
    datasets.set(name, { document, tables: new Map() });
    return document;
  }

  /** The entries of a table that have not expired: those of a day go when the day began so long ago. */
  function kept({ entries, partitionExpirationMs }: Table): readonly LogEntry[] {
    if (partitionExpirationMs === undefined) return entries;
    const now = cloud.clock.now();
    return entries.filter(({ timestamp }) => {
      const day = Math.floor(Date.parse(timestamp) / DAY_MS) * DAY_MS;
      return day + partitionExpirationMs > now;
    });
  }

  const one = {
    service: SERVICE,
    path: "/bigquery/v2/projects/{project}/datasets/{dataset}",
    resource: nameOf,
  } as const;

  return {
    beginning: "bigquery.googleapis.com/",
    form: /^projects\/[^/]+\/datasets\/\w+$/,
    /**
     * @decision A sink makes one table for each log, named by the log with _ in place of all but letters and digits, as an account that may
     * make tables in the dataset and write into them. A partitioned table takes the dataset's default expiration when it is made, and
     * keeps it; a day's entries go when the day began so long ago.
     * @evidence documentation: Cloud Logging, "View logs routed to BigQuery": table names, partitioned tables; "Route logs to supported
     * destinations": roles/bigquery.dataEditor; BigQuery, REST reference v2, Dataset.defaultPartitionExpirationMs: "changing the value
     * will only affect new tables, not existing ones".
     * @matters misleading: a longer retention does not count for the records that are there.
     *
     * @decision The right may come from the project, under a condition that names the dataset and what is in it.
     * @evidence documentation: BigQuery, "Control access with IAM Conditions": conditions at the project level, resource.name of datasets and
     * tables.
     * @matters misleading: the sink's right is such a one.
     *
     * @decision A sink's agent writes by a right on the project as well as by one in the dataset's own list.
     * @evidence assumed: Google's pages name both ways to give the role, but no public log of a sink with a conditional right was found.
     * @show a record in the dataset after a sign-in, with `auditExport: bigquery`.
     * @matters misleading: otherwise nothing is exported, and the alert on the sink's errors fires.
     */
    take(name, entry, writer) {
      const dataset = datasets.get(name);
      const log = decodeURIComponent(entry.logName.slice(entry.logName.lastIndexOf("/") + 1));
      const id = log.replaceAll(/[^A-Za-z0-9]/g, "_");
      if (dataset === undefined) return false;
      const mayCreate = cloud.access.allowed(writer, "bigquery.tables.create", name);
      const mayWrite = cloud.access.allowed(writer, "bigquery.tables.updateData", `${name}/tables/${id}`);
      if (!mayWrite || (!dataset.tables.has(id) && !mayCreate)) return false;
      const expiration = dataset.document["defaultPartitionExpirationMs"];
      const table = dataset.tables.get(id) ?? {
        partitionExpirationMs: expiration === undefined ? undefined : Number(expiration),
        entries: [],
      };
      dataset.tables.set(id, table);
      table.entries.push(entry);
      return true;
    },
    entriesOf: (name) => [...(datasets.get(name)?.tables.values() ?? [])].flatMap(kept),
    leftovers: () => [...datasets.keys()].map((name) => `BigQuery dataset ${name}`),
    routes: [
      /**
       * @decision A dataset is made by bigquery.datasets.create on the project, at once.
       * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls: POST
       * projects/P/datasets?accessPolicyVersion=3, then GET. documentation: BigQuery, "IAM roles and permissions".
       * @matters deployment fails: the sink leads to it.
       */
      {
        method: "POST",
        path: "/bigquery/v2/projects/{project}/datasets",
        service: SERVICE,
        permission: "bigquery.datasets.create",
        resource: () => `projects/${cloud.project}`,
        handle: create,
      },
      /**
       * @decision A dataset is answered with its list of access.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 0123f38, google-beta/services/bigquery/resource_bigquery_dataset.go,
       * Read.
       * @matters deployment fails: the provider reads it after each change.
       */
      {
        ...one,
        method: "GET",
        permission: "bigquery.datasets.get",
        handle: (call) => existing(call).document,
      },
      /**
       * @decision A PUT replaces a dataset as a whole, its list of access too; its tables stay.
       * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls.
       * documentation: BigQuery, REST reference v2, datasets.update: "replaces the entire dataset resource".
       * @matters wrong access: a reader who was added by hand goes with the next change of the dataset.
       */
      {
        ...one,
        method: "PUT",
        permission: "bigquery.datasets.update",
        handle(call) {
          const { document: before, tables } = existing(call);
          const document = completed(nameOf(call), call.fields().raw, before);
          datasets.set(nameOf(call), { document, tables });
          return document;
        },
      },
      /**
       * @decision A DELETE deletes a dataset at once, with its tables, and answers 204.
       * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls.
       * @matters deployment fails: `pulumi destroy` leaves nothing behind.
       */
      {
        ...one,
        method: "DELETE",
        permission: "bigquery.datasets.delete",
        handle(call) {
          const { tables } = existing(call);
          /**
           * @decision A dataset with tables is deleted only with deleteContents, by who may delete tables; otherwise it is refused with 400.
           * @evidence recorded: hashicorp/terraform-provider-google#6688: "Error 400: Dataset … is still in use, resourceInUse". documentation:
           * BigQuery, REST reference v2, datasets.delete: deleteContents; "Delete datasets": required permissions.
           * @matters deployment fails: a destroy would stop at a dataset that holds records.
           */
          if (tables.size > 0 && call.query("deleteContents") !== "true")
            throw new GoogleError("INVALID_ARGUMENT", `Dataset ${nameOf(call)} is still in use.`);
          if (tables.size > 0) cloud.access.require(call.principal, "bigquery.tables.delete", nameOf(call));
          datasets.delete(nameOf(call));
          return new Response(null, { status: 204 });
        },
      },
    ],
  };
}

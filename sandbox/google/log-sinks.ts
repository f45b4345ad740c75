import type { Api, Cloud } from "./cloud.ts";
import { GoogleError } from "./errors.ts";
import type { Principal } from "./iam/tokens.ts";
import { type LogEntry, type Logging, readFilter } from "./logging.ts";
import { type Document, keepCollection } from "./monitoring/collection.ts";

/** Something that takes entries of sinks. */
export interface LogDestination {
  /** What its names begin with in a sink, such as `bigquery.googleapis.com/`. */
  readonly beginning: string;
  /** The form of its full names. */
  readonly form: RegExp;
  /** Keeps an entry. @returns whether it did: it may not be there, or the writer may lack the right */
  take(name: string, entry: LogEntry, writer: Principal): boolean;
}

/** The service agent that the sinks of a project write as. */
export function sinkWriter(projectNumber: string): string {
  return `service-${projectNumber}@gcp-sa-logging.iam.gserviceaccount.com`;
}

/** What sinks write as that have no agent of the project. */
const SHARED_WRITER = "serviceAccount:cloud-logs@system.gserviceaccount.com";

/** The log sinks of a project (Cloud Logging, REST reference v2: projects.sinks). */
export function createLogSinks(
  cloud: Cloud,
  logging: Pick<Logging, "onEntry">,
  destinations: readonly LogDestination[],
): Api {
  const own = `serviceAccount:${sinkWriter(cloud.projectNumber)}`;
  const sinks = keepCollection(cloud, {
    collection: "sinks",
    parent: "/v2/projects/{project}",
    service: "logging.googleapis.com",
    permission: "logging.sinks",
    isByNumber: false,
    /**
     * @decision The caller names a sink in the body, by letters, digits, _, - and ., at most 100; another name is refused with 400.
     * @evidence documentation: googleapis/googleapis f8291d2, google/logging/v2/logging_config.proto, LogSink.name: "limited to 100
     * characters and can include only the following characters".
     * @matters deployment fails: Pulumi names the sink.
     */
    idOf(call) {
      const name = call.fields().string("name");
      if (/^[A-Za-z0-9][\w.-]{0,99}$/.test(name)) return name;
      throw new GoogleError("INVALID_ARGUMENT", `"${name}" is not a name of a sink.`);
    },
    shownName: (name) => name.slice(name.lastIndexOf("/") + 1),
    check(sink) {
      const { to } = destinationOf(sink);
      /**
       * @decision Options of BigQuery on a sink to something else are refused with 400. Recorded of a creation; here of a change, too.
       * @evidence recorded: GoogleCloudPlatform/cloud-foundation-fabric#990: "Error 400: Provided options do not match the sink's
       * destination service".
       * @matters deployment fails: a sink that moves from BigQuery to Pub/Sub would keep its options; the program makes another sink.
       */
      if (sink["bigqueryOptions"] !== undefined && !to.beginning.startsWith("bigquery"))
        throw new GoogleError(
          "INVALID_ARGUMENT",
          "Provided options do not match the sink's destination service",
        );
      filterOf(sink);
    },
    /**
     * @decision With uniqueWriterIdentity a sink writes as a service agent that the project's sinks share, otherwise as
     * cloud-logs@system.gserviceaccount.com. The agent is service-NUMBER@gcp-sa-logging.iam.gserviceaccount.com.
     * @evidence documentation: Cloud Logging, REST reference v2, sinks.create, uniqueWriterIdentity: "a service agent used by the sinks
     * with the same parent"; IAM, "Service agents": Cloud Logging. vendor-code: hashicorp/terraform-provider-google-beta 01f9085,
     * google-beta/services/logging/resource_logging_project_sink.go, nonUniqueWriterAccount.
     * @matters misleading: the right to write is given to the account that the answer names; given to another, nothing would be exported.
     */
    complete: (sink, _id, call) => ({
      ...sink,
      writerIdentity: call.query("uniqueWriterIdentity") === "true" ? own : SHARED_WRITER,
    }),
  });

  /**
   * @decision A sink leads to a dataset of BigQuery or a topic of Pub/Sub; what has not the form of their names is refused with 400. Buckets
   * are not known here.
   * @evidence documentation: Cloud Logging, REST reference v2, LogSink.destination: the forms.
   * @matters deployment fails: no plugin checks it before.
   *
   * @decision A sink is taken also if its destination is not there yet.
   * @evidence assumed: the reference says only that entries are not exported while the writer may not write.
   * @show whether a sink to a dataset that does not exist is refused.
   * @matters sandbox only: the program makes the destination first.
   */
  function destinationOf(sink: Document): { readonly to: LogDestination; readonly name: string } {
    const destination = String(sink["destination"] ?? "");
    const to = destinations.find(({ beginning }) => destination.startsWith(beginning));
    const name = to === undefined ? "" : destination.slice(to.beginning.length);
    if (to?.form.test(name)) return { to, name };
    throw new GoogleError("INVALID_ARGUMENT", `"${destination}" is not a destination of a sink.`);
  }

  /**
   * @decision A sink exports each entry that is written while it exists, unless it is disabled, and that its filter matches; an entry that
   * the writer may not write, or whose destination is not there, is not exported later.
   * @evidence documentation: Cloud Logging, REST reference v2, sinks.create: "The export begins upon ingress, unless the sink's
   * writerIdentity is not permitted to write to the destination"; LogSink.destination: "or else the log entries are not exported".
   * @matters misleading: audit records are missing from the export while the right is.
   */
  logging.onEntry((entry) => {
    for (const [sinkName, sink] of sinks.documents) {
      if (sink["disabled"] === true || !filterOf(sink)(entry)) continue;
      const { to, name } = destinationOf(sink);
      const email = String(sink["writerIdentity"]).slice("serviceAccount:".length);
      const isTaken = to.take(name, entry, { kind: "serviceAccount", email });
      cloud.notify({ kind: "export", sink: sinkName.slice(sinkName.lastIndexOf("/") + 1), isTaken });
    }
  });

  return {
    routes: sinks.routes,
    leftovers: () => [...sinks.documents.keys()].map((name) => `log sink ${name}`),
  };
}

function filterOf(sink: Document): (entry: LogEntry) => boolean {
  return readFilter(String(sink["filter"] ?? ""));
}

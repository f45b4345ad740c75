import type { Api, Cloud } from "./cloud.ts";
import { alreadyExists, invalidField, notFound } from "./errors.ts";
import { fields, optionalDuration, readLabels } from "./fields.ts";
import { policyRoutes } from "./iam/policies.ts";
import { requireRegion } from "./locations.ts";
import type { LogDestination } from "./log-sinks.ts";
import type { LogEntry } from "./logging.ts";
import { type Call, masked } from "./routes.ts";

const SERVICE = "pubsub.googleapis.com";
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

type Document = Readonly<Record<string, unknown>>;

interface Topic {
  readonly document: Document;
  readonly messages: LogEntry[];
}

/** Pub/Sub, as far as log sinks publish to topics. */
export interface PubSub extends Api, LogDestination {
  /** The entries that a topic keeps as messages, by its full name. */
  entriesOf(topic: string): readonly LogEntry[];
}

/** What can be changed. */
const CHANGEABLE = ["labels", "messageRetentionDuration", "messageStoragePolicy"];

/** Creates the topics of a project (Pub/Sub, REST reference v1: projects.topics). */
export function createPubSub(cloud: Cloud): PubSub {
  const topics = new Map<string, Topic>();
  const nameOf = (call: Call) => `projects/${cloud.project}/topics/${call.parameter("topic")}`;

  /**
   * @decision A topic that is not there is refused with 404.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 02b32db, google-beta/services/pubsub/resource_pubsub_topic.go, Read:
   * HandleNotFoundError.
   * @matters deployment fails: a refresh makes the topic again.
   */
  function existing(call: Call): Topic {
    const topic = topics.get(nameOf(call));
    if (topic === undefined) throw notFound(nameOf(call));
    return topic;
  }

  /**
   * @decision A topic keeps messages for 10 minutes to 31 days, and stores them in the regions that its policy names; other values are
   * refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/pubsub/v1/pubsub.proto, Topic.message_retention_duration: "Cannot be more
   * than 31 days or less than 10 minutes"; MessageStoragePolicy.allowed_persistence_regions.
   * @matters deployment fails: no plugin checks it before.
   */
  function checked(name: string, document: Document): Document {
    const given = fields(document, "topic");
    const retention = optionalDuration(given, "messageRetentionDuration");
    if (retention !== undefined && (retention < 10 * MINUTE_MS || retention > 31 * DAY_MS))
      throw invalidField("topic.messageRetentionDuration", "must be from 10 minutes to 31 days");
    const storage = given.optionalObject("messageStoragePolicy");
    for (const region of storage?.stringList("allowedPersistenceRegions") ?? []) requireRegion(region);
    return { ...document, name, labels: readLabels(given) };
  }

  /**
   * @decision A topic is made by a PUT to its name: three characters or more, a letter first, and not beginning with goog; a name that
   * is taken is refused with 409.
   * @evidence documentation: googleapis/googleapis f8291d2, google/pubsub/v1/pubsub.proto, Topic.name; Publisher.CreateTopic.
   * vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls.
   * @matters deployment fails: Pulumi names the topic.
   */
  function create(call: Call): Document {
    const name = nameOf(call);
    if (!/^(?!goog)[A-Za-z][\w.~+%-]{2,254}$/.test(call.parameter("topic")))
      throw invalidField("name", `"${name}" is not a name of a topic`);
    if (topics.has(name)) throw alreadyExists(name);
    const document = checked(name, call.fields().raw);
    topics.set(name, { document, messages: [] });
    return document;
  }

  const one = {
    service: SERVICE,
    path: "/v1/projects/{project}/topics/{topic}",
    resource: nameOf,
  } as const;

  return {
    beginning: "pubsub.googleapis.com/",
    form: /^projects\/[^/]+\/topics\/[^/]+$/,
    /**
     * @decision A sink publishes each entry as a message, as an account that may publish to the topic.
     * @evidence documentation: Google Cloud, "Route logs to supported destinations": roles/pubsub.publisher; "View logs routed to Pub/Sub":
     * the message's data is the entry.
     * @matters misleading: a SIEM that reads the topic gets nothing while the right is missing.
     */
    take(name, entry, writer) {
      const topic = topics.get(name);
      if (topic === undefined || !cloud.access.allowed(writer, "pubsub.topics.publish", name)) return false;
      topic.messages.push(entry);
      return true;
    },
    entriesOf(name) {
      const { document = {}, messages = [] } = topics.get(name) ?? {};
      const retention = optionalDuration(fields(document, "topic"), "messageRetentionDuration") ?? 0;
      const now = cloud.clock.now();
      return messages.filter(({ timestamp }) => Date.parse(timestamp) + retention > now);
    },
    leftovers: () => [...topics.keys()].map((name) => `Pub/Sub topic ${name}`),
    routes: [
      /**
       * @decision A topic is made by pubsub.topics.create on the project.
       * @evidence documentation: Google Cloud, "Access control with IAM" of Pub/Sub: topics.create.
       * @matters sandbox only: the one who deploys is the owner here.
       */
      {
        ...one,
        method: "PUT",
        permission: "pubsub.topics.create",
        resource: () => `projects/${cloud.project}`,
        handle: create,
      },
      /**
       * @decision A topic is read by its name.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 02b32db, google-beta/services/pubsub/resource_pubsub_topic.go, Read.
       * @matters deployment fails: the provider reads it after each change.
       */
      {
        ...one,
        method: "GET",
        permission: "pubsub.topics.get",
        handle: (call) => existing(call).document,
      },
      /**
       * @decision A topic is changed by a PATCH with the topic in the body, by the fields that updateMask names.
       * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls: {topic: {…}}.
       * @matters deployment fails: a changed retention has to arrive.
       */
      {
        ...one,
        method: "PATCH",
        permission: "pubsub.topics.update",
        handle(call) {
          const { document: before, messages } = existing(call);
          const body = call.fields().object("topic").raw;
          const document = checked(nameOf(call), masked(call, before, CHANGEABLE, body));
          topics.set(nameOf(call), { document, messages });
          return document;
        },
      },
      /**
       * @decision A DELETE deletes a topic at once, with its messages.
       * @evidence documentation: googleapis/googleapis f8291d2, google/pubsub/v1/pubsub.proto, Publisher.DeleteTopic.
       * @matters sandbox only: a destroyed stack leaves no topic.
       */
      {
        ...one,
        method: "DELETE",
        permission: "pubsub.topics.delete",
        handle(call) {
          existing(call);
          topics.delete(nameOf(call));
          cloud.policies.drop(nameOf(call));
          return {};
        },
      },
      ...policyRoutes(cloud.policies, {
        ...one,
        readMethod: "GET",
        permission: "pubsub.topics",
        exists: (name) => topics.has(name),
        grantable: "pubsub.",
      }),
    ],
  };
}

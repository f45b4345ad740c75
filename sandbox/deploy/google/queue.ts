import type { ResourceHandler, ResourceSchema } from "../handler.ts";
import { objectOf, textOf, toProperties, withDurations } from "./answers.ts";
import { idIn, objectIn, pick, stringIn } from "./inputs.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import { block, integer, list, number, oneOf, replacing, required, text } from "./schema.ts";

const httpTarget = block({
  httpMethod: oneOf("HTTP_METHOD_UNSPECIFIED", "POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"),
  uriOverride: block({
    scheme: oneOf("HTTP", "HTTPS"),
    host: text,
    port: text,
    pathOverride: block({ path: text }),
    queryOverride: block({ queryParams: text }),
    uriOverrideEnforceMode: oneOf("ALWAYS", "IF_NOT_EXISTS"),
  }),
  headerOverrides: list(block({ header: required(block({ key: required(text), value: required(text) })) })),
  oauthToken: block({ serviceAccountEmail: required(text), scope: text }),
  oidcToken: block({ serviceAccountEmail: required(text), audience: text }),
});
const schema: ResourceSchema = {
  inputs: {
    location: required(replacing(text)),
    name: replacing(text),
    project: replacing(text),
    desiredState: oneOf("RUNNING", "PAUSED"),
    rateLimits: block({
      maxDispatchesPerSecond: number,
      maxConcurrentDispatches: integer,
      maxBurstSize: integer,
    }),
    retryConfig: block({
      maxAttempts: integer,
      maxRetryDuration: text,
      minBackoff: text,
      maxBackoff: text,
      maxDoublings: integer,
    }),
    httpTarget,
    stackdriverLoggingConfig: block({ samplingRatio: required(number) }),
    appEngineRoutingOverride: block({ service: text, version: text, instance: text, host: text }),
    deletionPolicy: deletionPolicy.schema,
  },
  autoName: { input: "name", maximum: 255 },
};
/** What can be changed, under the same name in the API. */
const CHANGEABLE = [
  "rateLimits",
  "retryConfig",
  "httpTarget",
  "stackdriverLoggingConfig",
  "appEngineRoutingOverride",
];

/**
 * A queue of tasks.
 *
 * @decision A queue is paused after its creation only when desiredState is PAUSED, and in an update when that
 * changes.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/cloudtasks/resource_cloud_tasks_queue.go, post-create and post-update: desired_state.
 * @matters sign-in lost: a queue that somebody paused by hand stays so over an update.
 */
export function queueHandler({ client, project: defaultProject }: Context): ResourceHandler {
  const switchTo = (id: string, state: unknown) =>
    client.call("POST", `/v2/${id}:${state === "PAUSED" ? "pause" : "resume"}`, {});

  return resourceHandler({
    schema,
    defaults: {
      project: defaultProject,
      desiredState: "RUNNING",
      deletionPolicy: deletionPolicy.default,
    },
    untold: ["desiredState", "deletionPolicy"],
    filledIn: ["rateLimits", "retryConfig", ...fieldsOf("rateLimits"), ...fieldsOf("retryConfig")],
    async create(inputs) {
      const parent = `projects/${stringIn(inputs, "project")}/locations/${stringIn(inputs, "location")}`;
      const id = `${parent}/queues/${stringIn(inputs, "name")}`;
      await client.call("POST", `/v2/${parent}/queues`, { ...pick(inputs, ...CHANGEABLE), name: id });
      const pauses = inputs["desiredState"] === "PAUSED";
      return pauses ? { id, finish: () => switchTo(id, "PAUSED") } : { id };
    },
    get: (id) => client.find(`/v2/${id}`),
    describe: (queue, known, id) => ({
      ...pick(toProperties(queue), ...CHANGEABLE),
      retryConfig: withDurations(objectOf(queue, "retryConfig"), objectIn(known, "retryConfig") ?? {}),
      project: idIn(id, "projects"),
      location: idIn(id, "locations"),
      name: idIn(id, "queues"),
      state: textOf(queue, "state"),
    }),
    async update({ id }, inputs, changed) {
      const parts = CHANGEABLE.filter((key) => changed.has(key));
      if (parts.length > 0) {
        await client.call("PATCH", `/v2/${id}?updateMask=${parts.join(",")}`, pick(inputs, ...parts));
      }
      if (changed.has("desiredState")) await switchTo(id, inputs["desiredState"]);
    },
    async delete({ id }) {
      await client.remove(`/v2/${id}`);
    },
  });
}

/** The paths of an input's fields. */
function fieldsOf(key: string): readonly string[] {
  return Object.keys(schema.inputs[key]?.properties ?? {}).map((field) => `${key}.${field}`);
}

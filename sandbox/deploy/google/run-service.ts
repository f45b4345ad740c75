import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import { type InputFailure, type Properties, ProviderError, type ResourceHandler } from "../handler.ts";
import { objectOf, textOf, toProperties } from "./answers.ts";
import { idIn, objectIn, stringIn } from "./inputs.ts";
import { changedLabels, labelOutputs, sentLabels } from "./labels.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import { bodyOf, inputsOf } from "./run-service-body.ts";
import { runServiceSchema } from "./run-service-schema.ts";
import { conflicting, formed } from "./schema.ts";

/** What steers the provider only. */
const OWN = ["deletionPolicy", "deletionProtection"];
/** The texts that a service answers and nobody asks for. */
const TEXTS = [
  "createTime",
  "creator",
  "deleteTime",
  "etag",
  "expireTime",
  "generation",
  "lastModifier",
  "latestCreatedRevision",
  "latestReadyRevision",
  "observedGeneration",
  "uid",
  "updateTime",
  "uri",
];
const CONDITION = [
  "executionReason",
  "lastTransitionTime",
  "message",
  "reason",
  "revisionReason",
  "severity",
  "state",
  "type",
];

/**
 * A service of Cloud Run. Its creation ends when its first revision serves. One whose revision failed is there all the same: it
 * stays in the state, and the next update finds nothing to change.
 *
 * @decision A service whose first revision failed stays in the state, since its id is set before the operation has ended.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/cloudrunv2/resource_cloud_run_v2_service.go, Create: SetId, then CloudRunV2OperationWaitTime, whose error is
 * returned with the id in place.
 * @matters misleading: the next update succeeds with a read only; infra/ compares the revisions.
 *
 * @decision An update sends the whole service without a mask; what the API filled in is sent back as the state has it, traffic and
 * scaling among it.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/cloudrunv2/resource_cloud_run_v2_service.go, Update: PATCH with everything that is not empty, of the
 * configuration and of computed fields; seen with the plugin of @pulumi/gcp 9.37.0, run against a server that recorded its calls.
 * @matters late: traffic that was pinned by hand stays pinned unless the program declares where it goes.
 */
export function runServiceHandler({ client, project: defaultProject }: Context): ResourceHandler {
  return resourceHandler({
    schema: runServiceSchema,
    defaults: {
      project: defaultProject,
      deletionPolicy: deletionPolicy.default,
      deletionProtection: true,
    },
    untold: [...OWN, "tags"],
    filledIn: [
      "ingress",
      "launchStage",
      "scaling",
      "traffics",
      ...["serviceAccount", "timeout", "maxInstanceRequestConcurrency", "scaling"].map(
        (key) => `template.${key}`,
      ),
    ],
    validate,
    async create(inputs) {
      const parent = `projects/${stringIn(inputs, "project")}/locations/${stringIn(inputs, "location")}`;
      const name = stringIn(inputs, "name");
      const operation = await client.call(
        "POST",
        `/v2/${parent}/services?serviceId=${encodeURIComponent(name)}`,
        { ...bodyOf(inputs, {}), ...annotationsIn(inputs), labels: sentLabels(inputs) },
      );
      return { id: `${parent}/services/${name}`, finish: () => client.finish("/v2/", operation) };
    },
    get: (id) => client.find(`/v2/${id}`),
    describe: (found, known, id) => ({
      ...inputsOf(found, known),
      ...annotationOutputs(found, known),
      ...labelOutputs(found, known),
      ...Object.fromEntries(TEXTS.map((key) => [key, textOf(found, key)])),
      project: idIn(id, "projects"),
      location: idIn(id, "locations"),
      name: idIn(id, "services"),
      reconciling: found["reconciling"] === true,
      terminalConditions: conditionsOf([found["terminalCondition"]]),
      conditions: conditionsOf(listOf(found, "conditions")),
      trafficStatuses: listOf(found, "trafficStatuses").filter(isObject).map(toProperties),
      urls: listOf(found, "urls").map(String),
    }),
    async update({ id, outputs }, inputs, changed) {
      // A changed deletionProtection makes a call, though the API knows nothing of it.
      if ([...changed].every((key) => key === "deletionPolicy")) return;
      const operation = await client.call("PATCH", `/v2/${id}`, {
        ...bodyOf(inputs, outputs),
        ...annotationsIn(inputs),
        labels: changedLabels(outputs, inputs),
      });
      await client.finish("/v2/", operation);
    },
    /**
     * @decision A service is destroyed only when deletionProtection is false in the state; it is true by default.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/cloudrunv2/resource_cloud_run_v2_service.go, Delete: "cannot destroy service without setting
     * deletion_protection=false".
     * @matters deployment fails: the program sets it to false.
     */
    async delete({ id, outputs }) {
      if (outputs["deletionProtection"] !== false) {
        throw new ProviderError(
          `${id} has deletionProtection: set it to false, run pulumi up, and then destroy it.`,
        );
      }
      await client.finish("/v2/", await client.remove(`/v2/${id}`));
    },
  });
}

function validate(inputs: Properties): readonly InputFailure[] {
  const template = objectIn(inputs, "template") ?? {};
  return [
    ...formed(
      "template.timeout",
      template["timeout"],
      /^[0-9]+(?:\.[0-9]{1,9})?s$/,
      'must be seconds that end in "s", such as "10s"',
    ),
    ...conflicting("template.vpcAccess.", objectIn(template, "vpcAccess") ?? {}, [
      "connector",
      "networkInterfaces",
    ]),
  ];
}

function conditionsOf(conditions: readonly unknown[]): readonly Properties[] {
  return conditions
    .filter(isObject)
    .map((one) => Object.fromEntries(CONDITION.map((key) => [key, textOf(one, key)])));
}

function listOf(answer: JsonObject, key: string): readonly unknown[] {
  const value = answer[key];
  return Array.isArray(value) ? value : [];
}

function annotationsIn(inputs: Properties): Properties {
  const annotations = objectIn(inputs, "annotations");
  return annotations === undefined ? {} : { annotations };
}

/** The program's own annotations as they are now, and all that there are. */
function annotationOutputs(answer: JsonObject, known: Properties): Properties {
  const effectiveAnnotations = toProperties(objectOf(answer, "annotations"));
  const given = objectIn(known, "annotations");
  if (given === undefined) return { effectiveAnnotations };
  const ours = Object.entries(effectiveAnnotations).filter(([key]) => Object.hasOwn(given, key));
  return { annotations: Object.fromEntries(ours), effectiveAnnotations };
}

import type { InputFailure, Properties, ResourceHandler } from "../handler.ts";
import { conflicting } from "./constraints.ts";
import type { Context } from "./context.ts";
import { functionSchema } from "./function-schema.ts";
import { textsOf } from "./given-form.ts";
import { objectIn, pick, stringIn } from "./inputs.ts";
import { objectOf, textOf, toProperties } from "./json.ts";
import { changedLabels, labelOutputs, sentLabels } from "./labels.ts";
import { idIn } from "./names.ts";
import { deletionPolicy, resourceHandler } from "./resource.ts";

/** What can be changed, under the same name in the API. */
const CHANGEABLE = ["description", "buildConfig", "serviceConfig", "eventTrigger", "kmsKeyName"];

/**
 * A function of the second generation. Its creation ends when the function serves. One whose build failed is there
 * all the same: it stays in the state, without an address, and the next update finds nothing to change.
 */
export function functionHandler({ client, project: defaultProject }: Context): ResourceHandler {
  return resourceHandler({
    schema: functionSchema,
    defaults: { project: defaultProject, deletionPolicy: deletionPolicy.default },
    untold: ["deletionPolicy"],
    filledIn: [
      ...["build", "dockerRepository", "serviceAccount", "automaticUpdatePolicy", "onDeployUpdatePolicy"].map(
        (key) => `buildConfig.${key}`,
      ),
      "serviceConfig",
      ...[
        "allTrafficOnLatestRevision",
        "availableCpu",
        "availableMemory",
        "gcfUri",
        "ingressSettings",
        "maxInstanceCount",
        "maxInstanceRequestConcurrency",
        "service",
        "serviceAccountEmail",
        "timeoutSeconds",
        "uri",
      ].map((key) => `serviceConfig.${key}`),
      "eventTrigger.trigger",
      "eventTrigger.serviceAccountEmail",
    ],
    validate,
    async create(inputs) {
      const parent = `projects/${stringIn(inputs, "project")}/locations/${stringIn(inputs, "location")}`;
      const name = stringIn(inputs, "name");
      const id = `${parent}/functions/${name}`;
      const operation = await client.call(
        "POST",
        `/v2/${parent}/functions?functionId=${encodeURIComponent(name)}`,
        { ...pick(inputs, ...CHANGEABLE), name: id, labels: sentLabels(inputs) },
      );
      return { id, finish: () => client.finish("/v2/", operation) };
    },
    get: (id) => client.find(`/v2/${id}`),
    describe(found, known, id) {
      const serviceConfig = objectOf(found, "serviceConfig");
      return {
        ...pick(toProperties(found), "buildConfig", "eventTrigger", "kmsKeyName"),
        ...textsOf(found, known, "description"),
        ...labelOutputs(found, known),
        serviceConfig: toProperties({ ...serviceConfig, gcfUri: textOf(serviceConfig, "uri") }),
        project: idIn(id, "projects"),
        location: idIn(id, "locations"),
        name: idIn(id, "functions"),
        environment: textOf(found, "environment"),
        state: textOf(found, "state"),
        updateTime: textOf(found, "updateTime"),
        url: textOf(found, "url"),
      };
    },
    async update({ id, outputs }, inputs, changed) {
      const parts = [...CHANGEABLE, "labels"].filter((key) => changed.has(key));
      if (parts.length === 0) return;
      const operation = await client.call("PATCH", `/v2/${id}?updateMask=${parts.join(",")}`, {
        ...pick(inputs, ...CHANGEABLE),
        name: id,
        labels: changedLabels(outputs, inputs),
      });
      await client.finish("/v2/", operation);
    },
    async delete({ id }) {
      await client.finish("/v2/", await client.remove(`/v2/${id}`));
    },
  });
}

function validate(inputs: Properties): readonly InputFailure[] {
  const service = objectIn(inputs, "serviceConfig") ?? {};
  return conflicting("serviceConfig.", service, ["directVpcNetworkInterfaces", "vpcConnector"]);
}

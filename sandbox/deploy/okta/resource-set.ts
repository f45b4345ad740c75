import type { JsonObject } from "../../../function/shared/json.ts";
import type { Properties, ResourceHandler } from "../handler.ts";
import { unknown } from "../properties.ts";
import { answeredObject, answeredObjects, answeredText, optionalText } from "./answers.ts";
import { type OktaClient, partialCreate } from "./client.ts";
import { inOrderOf, requiredText, textOf, texts, textsOf, without } from "./inputs.ts";

/** The two ways to name resources, of which one must be taken: by URLs, or by resource names (ORNs). */
const LISTS = ["resources", "resourcesOrns"] as const;

/**
 * `okta.ResourceSet`. Resources are identified by the URL or name under which Okta shows them, compared letter by letter.
 *
 * @decision A resource set is made with all its resources and read back page by page; a resource is identified by the letters
 *   of the URL or ORN that Okta shows.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_resource_set.go; the
 *   plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a recording server.
 * @matters deployment fails: an org URL that is not the one Okta shows is drift for ever.
 */
export function resourceSetHandler(client: OktaClient): ResourceHandler {
  /** Every resource of the set, page by page; the way to the next page is in the body. */
  const resourcesOf = async (id: string): Promise<readonly JsonObject[]> => {
    const found: JsonObject[] = [];
    for (let after: string | null = ""; after !== null; ) {
      const query = after === "" ? "limit=200" : `after=${encodeURIComponent(after)}&limit=200`;
      const page = await client.call("GET", `${pathOf(id)}/resources?${query}`);
      found.push(...answeredObjects(page, "resources"));
      const next = optionalText(answeredObject(answeredObject(page, "_links"), "next"), "href");
      after = next === undefined ? null : new URL(next, "http://okta").searchParams.get("after");
    }
    return found;
  };
  const outputsOf = async (id: string, known: Properties, set: JsonObject): Promise<Properties> => {
    const held = await resourcesOf(id);
    const lists = LISTS.filter((name) => known[name] !== undefined).map((name) => {
      const names = held.map((resource) => nameOf(name, resource));
      return [name, inOrderOf(textsOf(known, name), names)];
    });
    const description = answeredText(set, "description");
    return { ...known, label: answeredText(set, "label"), description, ...Object.fromEntries(lists) };
  };

  return {
    schema: {
      inputs: { label: requiredText, description: requiredText, resources: texts, resourcesOrns: texts },
    },
    validate(inputs) {
      if (LISTS.filter((name) => isGiven(inputs, name)).length === 1) return [];
      return [{ property: "resources", reason: "or resourcesOrns must be given, and not both" }];
    },
    async create(inputs) {
      const set = await client.call("POST", "/api/v1/iam/resource-sets", {
        ...labelsOf(inputs),
        resources: allOf(inputs),
      });
      const id = answeredText(set, "id");
      try {
        return { id, outputs: await outputsOf(id, inputs, await client.call("GET", pathOf(id))) };
      } catch (cause) {
        /**
         * @decision A resource set that can't be read back stays in the state.
         * @evidence vendor-code: okta/terraform-provider-okta v6.12.0,
         *   okta/services/idaas/resource_okta_resource_set.go (the id is set before).
         * @matters deployment fails: the next update goes on with the set.
         */
        throw partialCreate(cause, { id, outputs: inputs });
      }
    },
    async read({ id, outputs }) {
      const set = await client.find(pathOf(id));
      return set && { id, outputs: await outputsOf(id, outputs, set) };
    },
    async update({ id, outputs }, inputs) {
      if (inputs["label"] !== outputs["label"] || inputs["description"] !== outputs["description"]) {
        await client.call("PUT", pathOf(id), { id, ...labelsOf(inputs) });
      }
      const [before, after] = [allOf(outputs), allOf(inputs)];
      const [additions, removals] = [without(after, before), without(before, after)];
      if (additions.length > 0) await client.call("PATCH", `${pathOf(id)}/resources`, { additions });
      if (removals.length > 0) {
        const names = (resource: JsonObject) => LISTS.map((name) => nameOf(name, resource));
        const unwanted = (await resourcesOf(id)).filter(
          (resource) =>
            names(resource).some((name) => removals.includes(name)) &&
            !names(resource).some((name) => after.includes(name)),
        );
        for (const resource of unwanted) {
          await client.call("DELETE", `${pathOf(id)}/resources/${answeredText(resource, "id")}`);
        }
      }
      return { id, outputs: inputs };
    },
    async delete({ id }) {
      await client.deleteIfPresent(pathOf(id));
    },
  };
}

function pathOf(id: string): string {
  return `/api/v1/iam/resource-sets/${id}`;
}

function isGiven(inputs: Properties, name: (typeof LISTS)[number]): boolean {
  return inputs[name] === unknown || textsOf(inputs, name).length > 0;
}

function labelsOf(inputs: Properties) {
  return { label: textOf(inputs, "label"), description: textOf(inputs, "description") };
}

function allOf(properties: Properties): readonly string[] {
  return LISTS.flatMap((name) => textsOf(properties, name));
}

function nameOf(list: (typeof LISTS)[number], resource: JsonObject): string {
  if (list === "resourcesOrns") return answeredText(resource, "orn");
  return answeredText(answeredObject(answeredObject(resource, "_links"), "self"), "href");
}

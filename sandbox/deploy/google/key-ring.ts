import type { ResourceHandler } from "../handler.ts";
import { idIn, stringIn } from "./inputs.ts";
import { type Context, resourceHandler } from "./resource.ts";
import { replacing, required, text } from "./schema.ts";

/**
 * A key ring. Google keeps it for ever, so its deletion makes no call.
 *
 * @decision The deletion of a key ring makes no call.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/kms/resource_kms_key_ring.go, Delete: "cannot be deleted from Google Cloud".
 * @matters deployment fails: the ring's name is taken for ever, hence the suffix.
 */
export function keyRingHandler({ client, project: defaultProject }: Context): ResourceHandler {
  return resourceHandler({
    schema: {
      inputs: { location: required(replacing(text)), name: replacing(text), project: replacing(text) },
      autoName: { input: "name", maximum: 255 },
    },
    defaults: { project: defaultProject },
    untold: [],
    filledIn: [],
    async create(inputs) {
      const name = stringIn(inputs, "name");
      const parent = `projects/${stringIn(inputs, "project")}/locations/${stringIn(inputs, "location")}`;
      await client.call("POST", `/v1/${parent}/keyRings?keyRingId=${encodeURIComponent(name)}`);
      return { id: `${parent}/keyRings/${name}` };
    },
    get: (id) => client.find(`/v1/${id}`),
    describe: (_answer, _known, id) => ({
      project: idIn(id, "projects"),
      location: idIn(id, "locations"),
      name: idIn(id, "keyRings"),
    }),
    delete: () => Promise.resolve(),
  });
}

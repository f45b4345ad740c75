import type { ResourceHandler } from "../handler.ts";
import type { Context } from "./context.ts";
import { readInputs } from "./inputs.ts";
import { autoName } from "./names.ts";

/** A key ring. Google keeps it for ever, so its deletion makes no call. */
export function keyRingHandler({ client, project: defaultProject }: Context): ResourceHandler {
  return {
    async create(name, properties) {
      const inputs = readInputs("kms.KeyRing", properties);
      const project = inputs.optionalString("project") ?? defaultProject;
      const location = inputs.string("location");
      const ring = inputs.optionalString("name") ?? autoName(name);
      const parent = `projects/${project}/locations/${location}`;
      await client.call("POST", `/v1/${parent}/keyRings?keyRingId=${encodeURIComponent(ring)}`);
      const id = `${parent}/keyRings/${ring}`;
      await client.call("GET", `/v1/${id}`);
      return { id, outputs: { ...properties, project, location, name: ring } };
    },
    delete: () => Promise.resolve(),
  };
}

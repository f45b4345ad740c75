import { checkInputs } from "../../../../sandbox/deploy/check.ts";
import { diffInputs } from "../../../../sandbox/deploy/diff.ts";
import { googleProvider } from "../../../../sandbox/deploy/google/provider.ts";
import type {
  Properties,
  Provider,
  ResourceHandler,
  ResourceState,
} from "../../../../sandbox/deploy/handler.ts";
import { type Local, PROJECT, REGION } from "../../google/local.ts";

/** Drives the handlers as an engine does: inputs are checked and named, then the handler is called. */
export interface Driver {
  readonly provider: Provider;
  handler(type: string): ResourceHandler;
  /** @throws Error with every failure of the check */
  checked(type: string, name: string, inputs: Properties, before?: Properties): Properties;
  create(type: string, name: string, inputs: Properties): Promise<ResourceState>;
  read(type: string, state: ResourceState): Promise<ResourceState | undefined>;
  /** What must change, seen from the state, for the inputs that the program gives now and gave before. */
  diff(
    type: string,
    state: ResourceState,
    before: Properties,
    now: Properties,
  ): ReturnType<typeof diffInputs>;
  update(type: string, state: ResourceState, inputs: Properties): Promise<ResourceState>;
  delete(type: string, state: ResourceState): Promise<void>;
}

export function driverOf(
  local: Local,
  options: { readonly programFolder?: string; readonly retryPauses?: readonly number[] } = {},
): Driver {
  const { programFolder = "/nowhere", retryPauses = [] } = options;
  const provider = googleProvider({
    url: local.google.url,
    accessToken: local.google.deployerToken,
    project: PROJECT,
    region: REGION,
    programFolder,
    retryPauses,
  });

  function handler(type: string): ResourceHandler {
    const found = provider.resources[type];
    if (!found) throw new Error(`No handler for ${type}`);
    return found;
  }

  function checked(type: string, name: string, given: Properties, before?: Properties): Properties {
    const { inputs, failures } = checkInputs(handler(type), name, before, given);
    if (failures.length > 0) {
      throw new Error(failures.map(({ property, reason }) => `${property} ${reason}`).join("; "));
    }
    return inputs;
  }

  return {
    provider,
    handler,
    checked,
    create: async (type, name, inputs) => await handler(type).create(checked(type, name, inputs)),
    read: (type, state) => handler(type).read(state),
    diff: (type, state, before, now) =>
      diffInputs(handler(type).schema, { inputs: before, outputs: state.outputs }, now),
    async update(type, state, inputs) {
      const { update } = handler(type);
      if (!update) throw new Error(`${type} has no update`);
      return await update(state, inputs);
    },
    delete: (type, state) => handler(type).delete(state),
  };
}

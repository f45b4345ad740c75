import type { ResourceHandler, ResourceState } from "../handler.ts";

/**
 * The handler with the resource's id among its outputs.
 *
 * @decision The outputs of every resource hold its id, and the plugin reads and deletes a role assignment by that one alone.
 * @evidence vendor-code: pulumi/pulumi-okta 82924e83 with terraform-provider-okta v6.12.0, built and run against this org:
 *   without it a refresh fails with "cannot unmarshal array into Go value of type sdk.ClientRole".
 * @matters sandbox only: the plugin can take over a stack that these handlers made.
 */
export function identified(handler: ResourceHandler): ResourceHandler {
  const { update } = handler;
  return {
    ...handler,
    create: async (inputs) => identify(await handler.create(inputs)),
    read: async (state) => {
      const found = await handler.read(state);
      return found && identify(found);
    },
    ...(update === undefined
      ? {}
      : { update: async (state, inputs) => identify(await update(state, inputs)) }),
  };
}

function identify({ id, outputs }: ResourceState): ResourceState {
  return { id, outputs: { ...outputs, id } };
}

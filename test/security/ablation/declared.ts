import type {
  Properties,
  Provider,
  ResourceHandler,
  ResourceState,
} from "../../../sandbox/deploy/handler.ts";

/** A resource that the program declared, as it was made. */
export interface Declared {
  /** Such as `okta:group/group:Group`. */
  readonly type: string;
  readonly handler: ResourceHandler;
  readonly inputs: Properties;
  /** Changes when it is taken away and made again. */
  state: ResourceState;
}

/** Whether a job of Cloud Scheduler makes reconcile poll: the other one makes it check. */
export function isPolling({ inputs }: Declared): boolean {
  return inputs["schedule"] !== "41 * * * *";
}

type Providers = Readonly<Record<string, Provider>>;

/** The same providers, which note all that they make in `declared`. */
export function noting(providers: Providers, declared: Declared[]): Providers {
  return Object.fromEntries(
    Object.entries(providers).map(([name, provider]) => {
      const resources = Object.entries(provider.resources).map(
        ([type, handler]) => [type, notingHandler(type, handler, declared)] as const,
      );
      return [name, { ...provider, resources: Object.fromEntries(resources) }];
    }),
  );
}

function notingHandler(type: string, handler: ResourceHandler, declared: Declared[]): ResourceHandler {
  return {
    ...handler,
    async create(inputs) {
      const state = await handler.create(inputs);
      declared.push({ type, handler, inputs, state });
      return state;
    },
  };
}

import { own } from "../../../function/shared/json.ts";
import type { Api, Cloud } from "../cloud.ts";
import { policyRoutes } from "../iam/policies.ts";
import type { Call } from "../routes.ts";
import { type Front, startFront } from "./front.ts";
import type { Ingress, Origins } from "./ingress.ts";
import { authoriseInvocation } from "./invoker.ts";
import type { EndSignal, Revision } from "./revision.ts";

/** A service: an address that stays, and the revision behind it. */
export interface RunService {
  /** Full name, such as `projects/p/locations/l/services/s`. */
  readonly name: string;
  readonly uri: string;
  /** Changes who gets through to the revisions. */
  configure(entrance: Entrance): void;
  /** Puts a revision in the place of the one that serves, which ends once its requests are done. */
  serve(revision: Revision): void;
  /** The revision that serves now. */
  revision(): Revision | undefined;
  /** Resolves when every revision has ended. */
  close(): Promise<void>;
}

/** The callers that get through to a service. */
export interface Entrance {
  readonly ingress: Ingress;
  /** Whether everybody may call it, whatever its policy says: its IAM check is disabled. */
  readonly isPublic: boolean;
}

/** The running side of services, of those that functions are run by as well. */
export interface RunServices extends Api {
  has(name: string): boolean;
  create(location: string, id: string): Promise<RunService>;
  remove(service: RunService): Promise<void>;
  /** Whether an address is one of a service. */
  isService(origin: string): boolean;
  /** The address of the function of this name: an entry point, or a function's own name; undefined when there is none. */
  uriOf(functionName: string): string | undefined;
  /** A variable of the function of this name; undefined when there is no such function, or it has no such variable. */
  variableOf(functionName: string, variable: string): string | undefined;
  /**
   * Ends the running instances of the functions of this name: an entry point, or a function's own name.
   * @returns the ids of their processes, when they have ended
   * @throws Error when there is no such function
   */
  kill(functionName: string, signal: EndSignal): Promise<readonly number[]>;
  close(): Promise<void>;
}

const SERVICE = "run.googleapis.com";

/** The services of one project, and the policies that say who may invoke them (Cloud Run, REST reference v2). */
export function createRunServices(cloud: Cloud, { admits }: Pick<Origins, "admits">): RunServices {
  const services = new Map<string, RunService>();

  async function startService(name: string): Promise<RunService> {
    let current: Revision | undefined;
    let entrance: Entrance = { ingress: "all", isPublic: false };
    const retiring = new Set<Promise<void>>();
    const front: Front = await startFront({
      admits: (headers) => admits(entrance.ingress, headers),
      /**
       * @decision A service whose IAM check is disabled is open to everybody whom its ingress lets through; a token is not
       * looked at.
       * @evidence documentation: google.golang.org/api v0.290.0, run/v2/run-api.json, Service.invokerIamDisabled: "Disables IAM
       * permission check for run.routes.invoke for callers of this service"; Cloud Run, "Allowing public access"
       * (https://docs.cloud.google.com/run/docs/authenticating/public#disable_invoker)
       * @matters sign-in lost: Okta calls `receive` without a token of Google's where its hosting is `service`.
       */
      authorise: async (authorization) =>
        entrance.isPublic
          ? undefined
          : authoriseInvocation(
              authorization,
              { resource: name, uri: front.url },
              cloud.access,
              cloud.tokens,
            ),
      revision: () => current,
    });
    return {
      name,
      uri: front.url,
      configure(changed) {
        entrance = changed;
      },
      serve(revision) {
        const before = current;
        current = revision;
        if (!before) return;
        const retired = before.retire(false).finally(() => retiring.delete(retired));
        retiring.add(retired);
      },
      revision: () => current,
      async close() {
        await front.close();
        await Promise.all([current?.retire(true), ...retiring]);
      },
    };
  }

  const nameOf = (call: Call) =>
    `projects/${cloud.project}/locations/${call.parameter("location")}/services/${call.parameter("service")}`;

  const named = (functionName: string) =>
    [...services.values()].filter(
      (service) =>
        service.revision()?.entryPoint === functionName || service.name.endsWith(`/services/${functionName}`),
    );

  return {
    leftovers: () => [...services.keys()].map((name) => `Cloud Run service ${name}`),
    routes: policyRoutes(cloud.policies, {
      service: SERVICE,
      path: "/v2/projects/{project}/locations/{location}/services/{service}",
      readMethod: "GET",
      permission: "run.services",
      resource: nameOf,
      exists: (name) => services.has(name),
      grantable: "run.",
    }),
    has: (name) => services.has(name),
    isService: (origin) => [...services.values()].some(({ uri }) => uri === origin),
    uriOf: (functionName) => named(functionName)[0]?.uri,
    variableOf: (functionName, variable) =>
      own(named(functionName)[0]?.revision()?.variables() ?? {}, variable),
    async kill(functionName, signal) {
      const revisions = named(functionName).flatMap((service) => service.revision() ?? []);
      if (revisions.length === 0) throw new Error(`No function of the name "${functionName}" is served.`);
      const ended = await Promise.all(revisions.map((revision) => revision.kill(signal)));
      return ended.filter((pid) => pid !== undefined);
    },
    async create(location, id) {
      const name = `projects/${cloud.project}/locations/${location}/services/${id}`;
      const service = await startService(name);
      services.set(name, service);
      return service;
    },
    async remove(service) {
      services.delete(service.name);
      cloud.policies.drop(service.name);
      await service.close();
    },
    async close() {
      await Promise.all([...services.values()].map((service) => service.close()));
      services.clear();
    },
  };
}

import { deployEmbedded } from "../../../sandbox/deploy/embedded.ts";
import { type Client, createClient } from "../../../sandbox/deploy/google/client.ts";
import { stringIn } from "../../../sandbox/deploy/google/inputs.ts";
import type { Properties, ResourceHandler } from "../../../sandbox/deploy/handler.ts";
import { createOktaClient, type OktaClient, shortPatience } from "../../../sandbox/deploy/okta/client.ts";
import { type Clouds, type Hosting, programFor, startClouds } from "../../../sandbox/environment.ts";
import type { GoogleNotice } from "../../../sandbox/google/notices.ts";
import type { OktaNotice } from "../../../sandbox/okta/model/notices.ts";
import { runInSharedProcess } from "../../support/programs.ts";
import { type Declared, isPolling, noting } from "./declared.ts";
import { createHistory, type History } from "./history.ts";
import { hosted } from "./hosted.ts";

/** The program as it is deployed onto the local clouds, with what an administrator needs. */
export interface Deployed {
  readonly clouds: Clouds;
  readonly hosting: Hosting;
  readonly declared: readonly Declared[];
  readonly outputs: Properties;
  readonly groupId: string;
  readonly okta: { readonly history: History<OktaNotice>; readonly administrator: OktaClient };
  readonly google: { readonly history: History<GoogleNotice>; readonly owner: Client };
  /** The one resource of a type of which the test holds. */
  one(type: string, test?: (declared: Declared) => boolean): Declared;
  functionOf(entryPoint: string): Declared;
  urlOf(entryPoint: string): string;
  /** The plain variables of a function. */
  environmentOf(entryPoint: string): Readonly<Record<string, string>>;
  /** What makes resources of a type, also of one that the program has none of. */
  handlerOf(type: string): ResourceHandler;
}

/** Events that the System Log holds before the program is deployed: more than a page of it. */
export const EARLIER_EVENTS = 1001;

/** Deploys the program once. @param settings others than the defaults */
export async function deployOnce(
  hosting: Hosting = "functions",
  settings: Readonly<Record<string, string>> = {},
): Promise<Deployed> {
  const oktaHistory = createHistory<OktaNotice>();
  const googleHistory = createHistory<GoogleNotice>();
  const clouds = await startClouds({ onOkta: oktaHistory.add, onGoogle: googleHistory.add });
  const { okta, google } = clouds;
  // Limits are not rights: here they would only take time.
  Object.assign(okta.limits.rates, { groups: 1e6, logs: 1e6, token: 1e6, other: 1e6, clients: 1e6 });
  // Nobody is made a member by these: they are not people.
  okta.signIn(
    Array.from({ length: EARLIER_EVENTS }, () => ({ kind: "system-principal", login: "system" }) as const),
  );
  const program = programFor(clouds, { hosting });
  const declared: Declared[] = [];
  const { outputs } = await deployEmbedded({
    ...program,
    start: runInSharedProcess,
    providers: noting(program.providers, declared),
    configuration: {
      ...program.configuration,
      // What fails is tried again after moments, not minutes; the schedule runs when it is asked to.
      "signin-groups:queueMinBackoff": "0.1s",
      "signin-groups:queueMaxBackoff": "1s",
      "signin-groups:reconcileSchedule": "0 0 1 1 *",
      ...Object.fromEntries(
        Object.entries(settings).map(([name, value]) => [`signin-groups:${name}`, value]),
      ),
    },
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  const owner = createClient({ url: google.url, accessToken: google.deployerToken, retryPauses: [] });
  const one: Deployed["one"] = (type, test = () => true) => {
    const [found, another] = declared.filter((resource) => resource.type === type && test(resource));
    if (found === undefined || another !== undefined) throw new Error(`There is not exactly one ${type}.`);
    return found;
  };
  // A run of the schedule that failed must not be tried again in the middle of what comes next.
  const { id: job } = one("gcp:cloudscheduler/job:Job", isPolling).state;
  await owner.call("PATCH", `/v1/${job}?updateMask=retryConfig`, { retryConfig: { retryCount: 0 } });
  const { type, url, entryPointOf, environmentOf } = hosted[hosting];
  const functionOf = (entryPoint: string) => one(type, ({ inputs }) => entryPointOf(inputs) === entryPoint);
  return {
    clouds,
    hosting,
    declared,
    outputs,
    groupId: String(Reflect.get(Object(outputs["groupIds"]), "App Users")),
    okta: { history: oktaHistory, administrator: createOktaClient(okta.url, okta.apiToken, shortPatience) },
    google: { history: googleHistory, owner },
    one,
    functionOf,
    urlOf: (entryPoint) => stringIn(functionOf(entryPoint).state.outputs, url),
    environmentOf: (entryPoint) => environmentOf(functionOf(entryPoint).inputs),
    handlerOf(type) {
      const handlers = Object.values(program.providers).map(({ resources }) => resources[type]);
      const handler = handlers.find((one) => one !== undefined);
      if (handler === undefined) throw new Error(`No provider has a ${type}.`);
      return handler;
    },
  };
}

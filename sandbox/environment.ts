import { join } from "node:path";
import { customEndpoints } from "../cli/google-api.ts";
import type { ProgressListener } from "./deploy/creation.ts";
import { type Deployment, deployEmbedded } from "./deploy/embedded.ts";
import { googleProvider } from "./deploy/google/provider.ts";
import type { Provider } from "./deploy/handler.ts";
import { oktaProvider } from "./deploy/okta/provider.ts";
import type { Configuration } from "./deploy/project.ts";
import { randomProvider } from "./deploy/random.ts";
import type { Registration } from "./deploy/registration.ts";
import type { RecordExchange } from "./exchange.ts";
import { regions } from "./google/locations.ts";
import type { GoogleNotice } from "./google/notices.ts";
import { type LocalGoogle, startGoogle } from "./google/server.ts";
import type { OktaNotice } from "./okta/model/notices.ts";
import { type LocalOkta, startOkta } from "./okta/server.ts";

/** What the program is hosted on: Cloud Functions, or services of Cloud Run. */
export type Hosting = "functions" | "service";

const home = join(import.meta.dirname, "..");
/** The Google Cloud project and region unless others are asked for. */
const defaultPlace = { project: "signin-groups-sandbox", region: "europe-west1" };

/** An Okta org and a Google Cloud project on this machine. */
export interface Clouds {
  readonly project: string;
  readonly region: string;
  readonly okta: LocalOkta;
  readonly google: LocalGoogle;
  /** Waits until no delivery, task or call is under way. */
  idle(): Promise<void>;
  /** Has every job of Cloud Scheduler run now, and waits until what follows of it is over. */
  runJobs(): Promise<void>;
  /** What a deployment left behind in either. */
  leftovers(): string[];
  close(): Promise<void>;
}

/** Starts both. */
export async function startClouds(
  options: {
    readonly onOkta: (notice: OktaNotice) => void;
    readonly onGoogle: (notice: GoogleNotice) => void;
    /** Takes every request between the clouds and the functions, secrets included. */
    readonly onExchange?: RecordExchange;
    /**
     * Whether jobs run at their times; otherwise {@link Clouds.runJobs} has them run, and what a test sees does not depend on the
     * minute in which it runs.
     */
    readonly followsSchedules?: boolean;
  },
  { project, region }: { readonly project: string; readonly region: string } = defaultPlace,
): Promise<Clouds> {
  const { onOkta, onGoogle, onExchange, followsSchedules = false } = options;
  const recording = onExchange === undefined ? {} : { record: onExchange };
  const okta = await startOkta({ observe: onOkta, ...recording });
  const google = await startGoogle({
    project,
    region,
    // Like an organization that keeps its data in Europe: nothing may be made elsewhere, nor in `global`.
    allowedLocations: [...regions].filter((one) => one.startsWith("europe-")),
    // What docs/deployment.md asks for before the first update, and what docs/doctor.md does.
    enabledServices: [
      "cloudbilling.googleapis.com",
      "cloudresourcemanager.googleapis.com",
      "orgpolicy.googleapis.com",
    ],
    observe: onGoogle,
    ...recording,
    packagesFolder: home,
    followsSchedules,
  });
  const idle = async () => {
    await okta.idle();
    await google.idle();
  };
  return {
    project,
    region,
    okta,
    google,
    idle,
    async runJobs() {
      const call = async (method: string, path: string): Promise<unknown> => {
        const headers = {
          authorization: `Bearer ${google.deployerToken}`,
          "content-type": "application/json",
        };
        const response = await fetch(`${google.url}/v1/${path}`, { method, headers });
        if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
        return response.json();
      };
      const listed: unknown = await call("GET", `projects/${project}/locations/${region}/jobs`);
      const jobs: unknown = Reflect.get(Object(listed), "jobs");
      for (const job of Array.isArray(jobs) ? jobs : []) {
        await call("POST", `${String(Reflect.get(Object(job), "name"))}:run`);
      }
      await idle();
    },
    leftovers: () => [
      ...okta.leftovers().map((leftover) => `Okta: ${leftover}`),
      ...google.leftovers().map((leftover) => `Google Cloud: ${leftover}`),
    ],
    async close() {
      await google.close();
      await okta.close();
    },
  };
}

/** The program for the two: where it is, the configuration that a person would set, and what makes its resources. */
export interface Program {
  readonly root: string;
  readonly stack: string;
  readonly configuration: Configuration;
  readonly secretKeys: readonly string[];
  /** What stands where a person sets nothing: the org's address, and a login to Google Cloud. */
  readonly environment: Readonly<Record<string, string>>;
  /** By package, such as `okta`. */
  readonly providers: Readonly<Record<string, Provider>>;
}

/**
 * Okta's provider takes the first in place of the org's address (terraform-provider-okta, okta/config/config.go). With the second
 * the program looks organization policies up, as Google's provider makes its calls (terraform-provider-google, provider reference).
 */
function variablesOf(okta: LocalOkta, google: LocalGoogle): Readonly<Record<string, string>> {
  return { OKTA_HTTP_PROXY: okta.url, GOOGLE_OAUTH_ACCESS_TOKEN: google.deployerToken };
}

/** The variables by which the project's commands work on the two, as their owner. */
export function commandVariables({
  okta,
  google,
}: Pick<Clouds, "okta" | "google">): Readonly<Record<string, string>> {
  return {
    ...variablesOf(okta, google),
    ...customEndpoints(google.url),
    CLOUD_TASKS_ENDPOINT: google.url,
    CLOUD_STORAGE_ENDPOINT: google.url,
  };
}

/** The program, or another one with the same providers, to be deployed onto the two. */
export function programFor(
  { okta, google, project, region }: Clouds,
  place: {
    /** The folder of Pulumi.yaml. */
    readonly root?: string;
    readonly stack?: string;
    /** The folder of the program itself, where its relative paths start. */
    readonly programFolder?: string;
    /** The setting `hosting`, unless it is to stay at its default. */
    readonly hosting?: Hosting | undefined;
  } = {},
): Program {
  const { root = home, stack = "sandbox", programFolder = join(root, "infra"), hosting } = place;
  return {
    root,
    stack,
    configuration: {
      "okta:orgName": "sandbox",
      "okta:baseUrl": "okta.com",
      "okta:apiToken": okta.apiToken,
      "gcp:project": project,
      "gcp:region": region,
      // The one API of Google's that the program calls by itself.
      "gcp:orgPolicyCustomEndpoint": `${google.url}/v2/`,
      // The local Google Cloud follows a new right at once.
      "signin-groups:rightsWaitSeconds": "0",
      // A sandbox is destroyed with its groups.
      "signin-groups:protectGroups": "false",
      ...(hosting === undefined ? {} : { "signin-groups:hosting": hosting }),
    },
    secretKeys: ["okta:apiToken"],
    environment: variablesOf(okta, google),
    providers: {
      okta: oktaProvider({ url: okta.url, apiToken: okta.apiToken }),
      gcp: googleProvider({
        url: google.url,
        accessToken: google.deployerToken,
        project,
        region,
        programFolder,
        ended: google.ended,
      }),
      random: randomProvider(),
    },
  };
}

/**
 * Deploys the program with the driver that needs nothing but npm.
 *
 * @throws DeploymentError
 */
export function deploy(
  clouds: Clouds,
  {
    hosting,
    ...options
  }: {
    readonly hosting?: Hosting | undefined;
    readonly onProgress: ProgressListener;
    readonly onRegistration?: (registration: Registration) => void;
    readonly signal: AbortSignal;
  },
): Promise<Deployment> {
  return deployEmbedded({ ...programFor(clouds, { hosting }), ...options });
}

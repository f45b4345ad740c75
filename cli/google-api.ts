import { isObject, type JsonObject, parseJson } from "../function/shared/json.ts";
import { AccessError } from "./command.ts";
import { createCredentials, reasonOf } from "./google.ts";

/** The APIs that commands call: the provider's key for another address, and Google's own. */
const apis = {
  resourceManager: "https://cloudresourcemanager.googleapis.com/v1/",
  cloudBilling: "https://cloudbilling.googleapis.com/v1/",
  serviceUsage: "https://serviceusage.googleapis.com/v1/",
  orgPolicy: "https://orgpolicy.googleapis.com/v2/",
  iamBeta: "https://iam.googleapis.com/v1/",
  artifactRegistry: "https://artifactregistry.googleapis.com/v1/",
  cloudfunctions2: "https://cloudfunctions.googleapis.com/v2/",
  cloudRun: "https://run.googleapis.com/v1/",
  cloudRunV2: "https://run.googleapis.com/v2/",
  cloudScheduler: "https://cloudscheduler.googleapis.com/v1/",
  cloudTasks: "https://cloudtasks.googleapis.com/v2/",
  pubsub: "https://pubsub.googleapis.com/v1/",
  logging: "https://logging.googleapis.com/v2/",
  kms: "https://cloudkms.googleapis.com/v1/",
  secretManager: "https://secretmanager.googleapis.com/v1/",
  storage: "https://storage.googleapis.com/storage/v1/",
} as const;

export type ApiName = keyof typeof apis;

/** What Google answered. */
export type GoogleAnswer =
  | { readonly kind: "found"; readonly body: JsonObject }
  /** Google refuses it: its status, and its reason such as SERVICE_DISABLED or PERMISSION_DENIED. */
  | { readonly kind: "refused"; readonly status: number; readonly reason: string; readonly message: string }
  /** It was not reached, or something else answered; with why. */
  | { readonly kind: "unreached"; readonly message: string };

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/** Calls Google Cloud as the person who runs the command. */
export interface GoogleApi {
  /**
   * Makes any call, and gives its answer as it came.
   *
   * @throws AccessError without credentials; what fetch throws
   */
  send(
    api: ApiName,
    path: string,
    options: { readonly method: string; readonly body?: JsonObject; readonly signal: AbortSignal },
  ): Promise<RawAnswer>;
  /** @throws AccessError without credentials */
  call(
    api: ApiName,
    path: string,
    options: {
      readonly signal: AbortSignal;
      /** Makes it a POST. */
      readonly body?: JsonObject;
      /** Another version of the API than the usual one, such as `v1beta1`. */
      readonly version?: string;
      /** Count the call against the project: some APIs refuse a person's call otherwise. */
      readonly inProject?: boolean;
    },
  ): Promise<GoogleAnswer>;
}

/**
 * @param configuration of the stack: `gcp:accessToken`, `gcp:credentials`, `gcp:impersonateServiceAccount` and `gcp:…CustomEndpoint`
 *   count as they do for Google's provider, before the environment
 */
export function createGoogleApi(
  environment: Readonly<Record<string, string | undefined>>,
  configuration: Readonly<Record<string, string>>,
  project: string,
): GoogleApi {
  const configured = (key: string, variable: string) => configuration[`gcp:${key}`] || environment[variable];
  const { accessToken, send } = createCredentials(
    {
      GOOGLE_OAUTH_ACCESS_TOKEN: configured("accessToken", "GOOGLE_OAUTH_ACCESS_TOKEN"),
      GOOGLE_CREDENTIALS: configured("credentials", "GOOGLE_CREDENTIALS"),
      GOOGLE_IMPERSONATE_SERVICE_ACCOUNT: configured(
        "impersonateServiceAccount",
        "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
      ),
    },
    project,
  );
  const baseOf = (api: ApiName) => configured(`${api}CustomEndpoint`, endpointVariable(api)) ?? apis[api];
  const request = async (
    url: string,
    method: string,
    body: JsonObject | undefined,
    signal: AbortSignal,
    more: Readonly<Record<string, string>> = {},
  ): Promise<RawAnswer> => {
    const response = await send(url, {
      method,
      headers: {
        authorization: `Bearer ${await accessToken(signal)}`,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...more,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
    return { status: response.status, text: await response.text() };
  };
  return {
    send: (api, path, { method, body, signal }) => request(baseOf(api) + path, method, body, signal),
    async call(api, path, { signal, body, version, inProject = false }) {
      const base = baseOf(api);
      const url = (version === undefined ? base : base.replace(/\/v\d\w*\/$/, `/${version}/`)) + path;
      const more = inProject ? { "x-goog-user-project": project } : {};
      try {
        const answer = await request(url, body === undefined ? "GET" : "POST", body, signal, more);
        return read(answer.status, answer.text);
      } catch (error) {
        if (error instanceof AccessError) throw error;
        return { kind: "unreached", message: `Google Cloud is not reached: ${reasonOf(error)}` };
      }
    },
  };
}

/** As the provider names it: `GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT`. */
function endpointVariable(api: ApiName): string {
  const words = api.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return `GOOGLE_${words}_CUSTOM_ENDPOINT`;
}

/** The variables that lead all calls to one address, at which each API has its host as the beginning of its paths. */
export function customEndpoints(address: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(apis).map(([api, base]) => [
      // The keys are those of the table.
      endpointVariable(api as ApiName),
      base.replace("https:/", address),
    ]),
  );
}

function read(status: number, text: string): GoogleAnswer {
  const body = parseJson(text);
  if (status === 200 && isObject(body)) return { kind: "found", body };
  const error = isObject(body) ? body["error"] : undefined;
  // Cloud Storage says so in place of a missing object's content: in plain text (firebase/firebase-tools#3647).
  if (status === 404 && text.startsWith("No such object: ")) {
    return { kind: "refused", status, reason: "NOT_FOUND", message: text };
  }
  if (!isObject(error)) {
    return { kind: "unreached", message: `something that is not Google Cloud answers ${status}` };
  }
  const details: readonly unknown[] = Array.isArray(error["details"]) ? error["details"] : [];
  // The most exact code stands in google.rpc.ErrorInfo (Google AIP-193).
  const info = details.filter(isObject).find((detail) => typeof detail["reason"] === "string");
  const reason = String(info?.["reason"] ?? error["status"] ?? "");
  return { kind: "refused", status, reason, message: String(error["message"]) };
}

/** The command that enables APIs. */
export function enable(project: string, ...names: readonly string[]): string {
  return `gcloud services enable ${names.join(" ")} --project=${project}`;
}

/** Why something could not be looked at, and what to do about that. */
export function explainRefusal(
  answer: Exclude<GoogleAnswer, { readonly kind: "found" }>,
  needed: { readonly project: string; readonly service: string; readonly permission: string },
): { readonly reason: string; readonly command?: string } {
  if (answer.kind === "unreached") return { reason: answer.message };
  const { project, service, permission } = needed;
  if (answer.reason === "SERVICE_DISABLED") {
    return { reason: `the API ${service} is off`, command: enable(project, service) };
  }
  if (answer.status === 403) return { reason: `you lack ${permission} (403)` };
  return { reason: `Google Cloud answers ${answer.status} ${answer.reason}` };
}

/** What an API answers in pages. @param list the name of the list in each page */
export async function readPages(
  list: string,
  read: (query: string) => Promise<GoogleAnswer>,
): Promise<GoogleAnswer | readonly JsonObject[]> {
  const found: JsonObject[] = [];
  let query = "";
  do {
    const answer = await read(query);
    if (answer.kind !== "found") return answer;
    const page = answer.body[list];
    if (Array.isArray(page)) found.push(...page.filter(isObject));
    const next = answer.body["nextPageToken"];
    query = typeof next === "string" && next !== "" ? `&pageToken=${encodeURIComponent(next)}` : "";
  } while (query !== "");
  return found;
}

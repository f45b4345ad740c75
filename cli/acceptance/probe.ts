import type { Clock } from "../../function/shared/clock.ts";
import { isObject, type JsonObject, parseJson } from "../../function/shared/json.ts";
import { findAuthorization, sendTo } from "../../infra/okta/management-client.ts";
import { outboundFetch } from "../../infra/outbound-fetch.ts";
import type { StateResource } from "../configuration.ts";
import type { ApiName, GoogleApi } from "../google-api.ts";
import type { Exchange } from "./fixture.ts";
import { type Scrub, shapeOf } from "./scrub.ts";

/** How long one call may take, in milliseconds. */
const TIMEOUT = 60_000;

/** How often a call is made again that Okta refuses because its rate limit is used up. */
const PATIENCE = 3;

/** What a cloud answered to a call of a look. */
export interface Answer {
  readonly cloud: Exchange["cloud"];
  readonly status: number;
  /** The error's code, such as E0000007 or NOT_FOUND; empty without an error. */
  readonly code: string;
  /** What was wrong, in the API's words. */
  readonly message: string;
  /** Of Okta's answers and of a receiver's, by name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
}

/** Who calls, when it is not the one who runs the command. */
export interface OktaCall {
  /** JSON, or with `form` the fields of a form. */
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  /** The value of the header; undefined for none at all. */
  readonly authorization?: string | undefined;
}

/** The stack that is looked at. */
export interface ProbedStack {
  readonly stack: string;
  readonly orgUrl: string;
  readonly project: string;
  readonly region: string;
  readonly hosting: "functions" | "service";
  /** What `pulumi stack output` has; empty before the first update and after the last. */
  readonly outputs: JsonObject;
  readonly resources: readonly StateResource[];
}

/** Asks both clouds, and records what they answer. */
export interface Probe {
  readonly stack: ProbedStack;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What the steps saw. */
  readonly facts: Readonly<Record<string, string>>;
  /** Calls Okta as its administrator, unless the call says otherwise. */
  okta(method: string, path: string, call?: OktaCall): Promise<Answer>;
  google(api: ApiName, method: string, path: string, body?: JsonObject): Promise<Answer>;
  /** Calls an address without a credential. */
  anybody(url: string): Promise<Answer>;
}

/** A probe, and the exchanges that it has made. */
export interface RecordingProbe extends Probe {
  readonly exchanges: readonly Exchange[];
}

/**
 * @param look to which the exchanges belong
 * @param scrub takes what is somebody's out of paths
 */
export function createProbe(
  look: string,
  {
    stack,
    api,
    scrub,
    clock,
    signal,
    facts,
  }: {
    readonly stack: ProbedStack;
    readonly api: GoogleApi;
    readonly scrub: Scrub;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly facts: Readonly<Record<string, string>>;
  },
): RecordingProbe {
  const exchanges: Exchange[] = [];
  const record = (method: string, path: string, answer: Answer): Answer => {
    const { cloud, status, code, body } = answer;
    exchanges.push({
      look,
      position: exchanges.length,
      // Escaped, an id would not be seen as one.
      path: scrub(decodeURIComponent(path.replaceAll("+", " "))),
      ...{ cloud, method, status, code, body: shapeOf(body) },
    });
    return answer;
  };
  return {
    ...{ stack, clock, signal, facts, exchanges },
    async okta(method, path, call = {}) {
      const authorization =
        "authorization" in call
          ? call.authorization
          : await administrator(stack.orgUrl, method, path, signal);
      for (let left = PATIENCE; ; left -= 1) {
        const answer = await callOkta(stack.orgUrl + path, method, call, authorization, signal);
        const reset = Number(answer.headers["x-rate-limit-reset"]) * 1000 - clock.now();
        if (answer.status !== 429 || left === 0) return record(method, path, answer);
        await clock.sleep(Math.min(Math.max(reset, 1_000), 60_000), signal);
        signal.throwIfAborted();
      }
    },
    async google(name, method, path, body) {
      const answer = await api.send(name, path, {
        method,
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
      });
      const parsed = answer.text === "" ? null : (parseJson(answer.text) ?? answer.text);
      return record(method, `${name}/${path}`, {
        cloud: "google",
        status: answer.status,
        ...googleError(parsed),
        headers: {},
        body: parsed,
      });
    },
    async anybody(url) {
      const response = await outboundFetch(url, {
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
      });
      await response.text();
      const { status, headers } = response;
      return record("GET", new URL(url).pathname, {
        ...{ cloud: "receiver", status, code: "", message: "" },
        headers: Object.fromEntries(headers),
        // A page of Google's front end has no form of its own.
        body: null,
      });
    },
  };
}

/** The scope that an app needs for a path, by the area in its name. */
const areas: readonly (readonly [path: RegExp, area: string])[] = [
  [/^\/api\/v1\/apps\/[^/]+\/grants/, "appGrants"],
  [/^\/oauth2\/v1\/clients|^\/api\/v1\/iam/, "roles"],
  [/^\/api\/v1\/org/, "orgs"],
];

function administrator(
  orgUrl: string,
  method: string,
  path: string,
  signal: AbortSignal,
): Promise<string> | undefined {
  const [, own = ""] = /^\/api\/v1\/(\w+)/.exec(path) ?? [];
  const area = areas.find(([pattern]) => pattern.test(path))?.[1] ?? own;
  return findAuthorization(orgUrl, area, sendTo(orgUrl), method !== "GET")?.(signal);
}

async function callOkta(
  url: string,
  method: string,
  { body, form }: OktaCall,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const content =
    form === undefined
      ? { type: "application/json", text: body === undefined ? undefined : JSON.stringify(body) }
      : { type: "application/x-www-form-urlencoded", text: new URLSearchParams(form).toString() };
  const response = await outboundFetch(url, {
    method,
    headers: {
      accept: "application/json",
      ...(content.text === undefined ? {} : { "content-type": content.type }),
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: content.text ?? null,
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
  });
  const parsed = parseJson(await response.text());
  const value = isObject(parsed) ? parsed : {};
  const text = (key: string) => (typeof value[key] === "string" ? value[key] : "");
  return {
    cloud: "okta",
    status: response.status,
    code: response.status < 400 ? "" : text("errorCode") || text("error"),
    message: text("errorSummary") || text("error_description"),
    headers: Object.fromEntries(response.headers),
    body: parsed ?? null,
  };
}

/** Code and message of an error of Google's (Google AIP-193). */
function googleError(body: unknown): Pick<Answer, "code" | "message"> {
  const error = isObject(body) && isObject(body["error"]) ? body["error"] : undefined;
  if (error === undefined) return { code: "", message: "" };
  const { status, message, errors } = error;
  // Cloud Storage's errors have no status, but a list with a reason each.
  const [first] = Array.isArray(errors) ? errors.filter(isObject) : [];
  return { code: String(status ?? first?.["reason"] ?? ""), message: String(message ?? "") };
}

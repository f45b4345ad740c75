import { own } from "../../../function/shared/json.ts";
import { type Fields, optionalDuration } from "../fields.ts";

/** The method of a task's request. */
export type HttpMethod = "POST" | "GET" | "HEAD" | "PUT" | "DELETE" | "PATCH" | "OPTIONS";

/** The identity token that a request carries (Cloud Tasks, OidcToken). */
export interface OidcToken {
  readonly serviceAccountEmail: string;
  readonly audience: string | undefined;
}

/** The request that a task makes (Cloud Tasks, HttpRequest). */
export interface TaskRequest {
  readonly url: string | undefined;
  readonly method: HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly oidcToken: OidcToken | undefined;
}

/** What a request for a new task asks for. Times are milliseconds. */
export interface TaskInput {
  readonly name: string | undefined;
  readonly scheduleTime: number | undefined;
  readonly dispatchDeadline: number;
  readonly request: TaskRequest;
}

/** By number as in the protocol's enum HttpMethod, for clients that send enums as numbers. */
const METHODS: readonly (HttpMethod | undefined)[] = [
  undefined,
  "POST",
  "GET",
  "HEAD",
  "PUT",
  "DELETE",
  "PATCH",
  "OPTIONS",
];
const MAXIMUM_BYTES = 1_000_000;
const MINUTE = 60_000;

/**
 * Reads `httpMethod`, by name or by number; undefined when it is not set.
 *
 * @decision The method of a task's request is POST unless set, by name or by the enum's number; another value is
 * refused with 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/target.proto,
 * HttpRequest.http_method, enum HttpMethod; the numbers are those of ProtoJSON enums
 * (https://protobuf.dev/programming-guides/json/).
 * @matters sign-in lost: `receive` makes POST tasks.
 */
export function readHttpMethod(from: Fields): HttpMethod | undefined {
  const found = from.raw["httpMethod"];
  if (found === undefined || found === "HTTP_METHOD_UNSPECIFIED" || found === 0) return undefined;
  const method = typeof found === "number" ? METHODS[found] : METHODS.find((name) => name === found);
  if (!method) throw from.invalid("httpMethod", `"${String(found)}" is not a method`);
  return method;
}

/** Reads `oidcToken`. */
export function readOidcToken(from: Fields): OidcToken | undefined {
  const token = from.optionalObject("oidcToken");
  if (!token) return undefined;
  return {
    serviceAccountEmail: token.string("serviceAccountEmail"),
    audience: token.optionalString("audience"),
  };
}

/**
 * Reads the `task` of a request.
 * @param now in milliseconds since the epoch
 * @throws GoogleError naming the field that is wrong
 */
export function readTask(task: Fields, now: number): TaskInput {
  /**
   * @own There is no App Engine in the sandbox, and the product makes HTTP tasks only.
   */
  if (task.has("appEngineHttpRequest"))
    throw task.invalid("appEngineHttpRequest", "there is no App Engine here");
  const http = task.object("httpRequest");
  const schedule = task.optionalString("scheduleTime");
  const scheduleTime = schedule === undefined ? undefined : Date.parse(schedule);
  /**
   * @decision The time of a task is a timestamp by RFC 3339; another text is refused with 400.
   * @evidence documentation: protobuf, "ProtoJSON Format": Timestamp (https://protobuf.dev/programming-guides/json/).
   * @matters sandbox only: `receive` makes tasks that are due at once.
   */
  if (Number.isNaN(scheduleTime)) throw task.invalid("scheduleTime", `"${schedule}" is not a time`);
  /**
   * @decision A task can be scheduled up to 30 days ahead, and is refused with 400 beyond.
   * @evidence documentation: Google Cloud, "Cloud Tasks quotas and limits"
   * (https://cloud.google.com/tasks/docs/quotas), maximum schedule time for a task.
   * @matters sandbox only: the product schedules no task.
   */
  if (scheduleTime !== undefined && scheduleTime > now + 30 * 24 * 60 * MINUTE) {
    throw task.invalid("scheduleTime", "is more than 30 days ahead");
  }
  const dispatchDeadline = optionalDuration(task, "dispatchDeadline") ?? 10 * MINUTE;
  /**
   * @decision The deadline of a dispatch is 10 minutes unless set, and from 15 seconds to 30 minutes; another is
   * refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/task.proto, Task.dispatch_deadline:
   * "the default is 10 minutes", "in the interval [15 seconds, 30 minutes]".
   * @matters late: the deadline that the program sets must not be below what `grant` needs.
   */
  if (dispatchDeadline < 15_000 || dispatchDeadline > 30 * MINUTE) {
    throw task.invalid("dispatchDeadline", "must be from 15s to 1800s");
  }
  const name = task.optionalString("name");
  return { name: name === "" ? undefined : name, scheduleTime, dispatchDeadline, request: readRequest(http) };
}

function readRequest(http: Fields): TaskRequest {
  const url = http.optionalString("url");
  /**
   * @decision The URL of a task begins with http:// or https://; another is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/target.proto, HttpRequest.url.
   * @matters deployment fails: the queue's target comes from the function's address.
   *
   * @decision A task with an identity token may go to an http:// address here. Cloud Tasks refuses that.
   * @evidence recorded: googleapis/nodejs-tasks#353: "3 INVALID_ARGUMENT: HttpRequest.url must start with 'https://'
   * for request with HttpRequest.authorization_header". The local functions are served without TLS.
   * @matters sandbox only: the addresses of real functions begin with https://.
   */
  if (url !== undefined && url !== "" && !(URL.canParse(url) && /^https?:/.test(url))) {
    throw http.invalid("url", "must begin with http:// or https://");
  }
  const method = readHttpMethod(http) ?? "POST";
  const body = Buffer.from(http.optionalString("body") ?? "", "base64");
  /**
   * @decision A task's body has up to 1,000,000 bytes; more is refused with 400.
   * @evidence documentation: Google Cloud, "Cloud Tasks quotas and limits"
   * (https://cloud.google.com/tasks/docs/quotas): the maximum task size is 1 MB. The description of the API says
   * 100KB (googleapis/googleapis f8291d2, google/cloud/tasks/v2/cloudtasks.proto, CreateTask).
   * @matters sign-in lost: `receive` puts one sign-in in a task, `reconcile` a page of its own progress: some
   * kilobytes.
   */
  if (body.length > MAXIMUM_BYTES) throw http.invalid("body", `over ${MAXIMUM_BYTES} bytes`);
  /**
   * @decision A task's request has a body with POST, PUT and PATCH only; with another method it is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/target.proto, HttpRequest.body: "It
   * is an error to set body on a task with an incompatible HttpMethod".
   * @matters sandbox only: the product makes POST tasks.
   */
  if (body.length > 0 && method !== "POST" && method !== "PUT" && method !== "PATCH") {
    throw http.invalid("body", `a ${method} request can't have one`);
  }
  const headers = http.strings("headers");
  return { url: url === "" ? undefined : url, method, headers, body, oidcToken: readOidcToken(http) };
}

/** What a queue imposes on the requests of its tasks (Cloud Tasks, HttpTarget). */
export interface HttpTarget {
  readonly uriOverride: UriOverride | undefined;
  readonly headers: readonly (readonly [string, string])[];
  readonly method: HttpMethod | undefined;
  readonly oidcToken: OidcToken | undefined;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Parts of a URL that replace the task's own. */
export interface UriOverride {
  readonly scheme: "http" | "https" | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly path: string | undefined;
  readonly query: string | undefined;
  /** Whether only a task without a URL is given one. */
  readonly ifNotExists: boolean;
}

/** Reads the target of a queue. @throws GoogleError naming the field that is wrong */
export function readHttpTarget(from: Fields | undefined): HttpTarget | undefined {
  if (!from) return undefined;
  /**
   * @own The sandbox issues no OAuth tokens for targets: they are for Google's own APIs, and the product calls its
   * functions.
   */
  if (from.has("oauthToken"))
    throw from.invalid("oauthToken", "OAuth tokens are for *.googleapis.com; use oidcToken");
  return {
    uriOverride: readUriOverride(from.optionalObject("uriOverride")),
    headers: from.objects("headerOverrides").map((override) => {
      const header = override.object("header");
      return [header.string("key"), header.optionalString("value") ?? ""] as const;
    }),
    method: readHttpMethod(from),
    oidcToken: readOidcToken(from),
    raw: from.raw,
  };
}

/** The URL of a task's request under a queue's override. `own` is undefined when the task brought none. */
export function overrideUrl(own: string | undefined, override: UriOverride | undefined): URL | undefined {
  if (!override || (override.ifNotExists && own !== undefined))
    return own === undefined ? undefined : new URL(own);
  if (own === undefined && override.host === undefined) return undefined;
  const url = new URL(own ?? "https://placeholder.invalid/");
  if (override.scheme !== undefined) url.protocol = override.scheme;
  if (override.host !== undefined) {
    url.hostname = override.host;
    url.port = "";
  }
  if (override.port !== undefined) url.port = String(override.port);
  if (override.path !== undefined) url.pathname = override.path;
  if (override.query !== undefined) url.search = override.query;
  return url;
}

const SCHEMES: Readonly<Record<string, "http" | "https" | undefined>> = {
  SCHEME_UNSPECIFIED: undefined,
  HTTP: "http",
  HTTPS: "https",
};

function readUriOverride(from: Fields | undefined): UriOverride | undefined {
  if (!from) return undefined;
  const scheme = from.optionalString("scheme") ?? "SCHEME_UNSPECIFIED";
  /**
   * @decision The scheme of a queue's override is HTTP or HTTPS; another is refused with 400.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/services/cloudtasks/resource_cloud_tasks_queue.go, ValidateEnum of uri_override.scheme;
   * googleapis/googleapis f8291d2, google/cloud/tasks/v2beta3/target.proto, UriOverride.Scheme.
   * @matters deployment fails: the program sets HTTPS for a real function.
   */
  if (!Object.hasOwn(SCHEMES, scheme)) throw from.invalid("scheme", `"${scheme}" is neither HTTP nor HTTPS`);
  const mode = from.optionalString("uriOverrideEnforceMode") ?? "ALWAYS";
  /**
   * @decision A queue's override holds always, or with IF_NOT_EXISTS for tasks without a URL; another mode is refused
   * with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2beta3/target.proto,
   * UriOverride.UriOverrideEnforceMode.
   * @matters wrong access: with ALWAYS no task reaches another address than `grant`.
   */
  if (mode !== "ALWAYS" && mode !== "IF_NOT_EXISTS") {
    throw from.invalid("uriOverrideEnforceMode", `"${mode}" is neither ALWAYS nor IF_NOT_EXISTS`);
  }
  const host = from.optionalString("host");
  /**
   * @decision The host of a queue's override is only a host; other text is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2beta3/target.proto,
   * UriOverride.host: "the full hostname"; the refusal of another text is not described.
   * @matters deployment fails: the program takes the host from the function's address.
   */
  if (host !== undefined && !/^[A-Za-z0-9.-]+$/.test(host)) throw from.invalid("host", "must be only a host");
  const port = from.optionalInteger("port");
  /**
   * @decision The port of a queue's override is from 1 to 65535; another is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2beta3/target.proto,
   * UriOverride.port; RFC 793 for the range.
   * @matters sandbox only: a real function's address has no port.
   */
  if (port !== undefined && (port < 1 || port > 65_535))
    throw from.invalid("port", "must be from 1 to 65535");
  return {
    scheme: own(SCHEMES, scheme),
    host,
    port,
    path: from.optionalObject("pathOverride")?.optionalString("path"),
    query: from.optionalObject("queryOverride")?.optionalString("queryParams"),
    ifNotExists: mode === "IF_NOT_EXISTS",
  };
}

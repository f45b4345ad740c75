import { optionalDuration } from "../durations.ts";
import type { Fields } from "../fields.ts";

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

/** Reads `httpMethod`, by name or by number; undefined when it is not set. */
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
  if (task.has("appEngineHttpRequest"))
    throw task.invalid("appEngineHttpRequest", "there is no App Engine here");
  const http = task.object("httpRequest");
  const schedule = task.optionalString("scheduleTime");
  const scheduleTime = schedule === undefined ? undefined : Date.parse(schedule);
  if (Number.isNaN(scheduleTime)) throw task.invalid("scheduleTime", `"${schedule}" is not a time`);
  if (scheduleTime !== undefined && scheduleTime > now + 30 * 24 * 60 * MINUTE) {
    throw task.invalid("scheduleTime", "is more than 30 days ahead");
  }
  const dispatchDeadline = optionalDuration(task, "dispatchDeadline") ?? 10 * MINUTE;
  if (dispatchDeadline < 15_000 || dispatchDeadline > 30 * MINUTE) {
    throw task.invalid("dispatchDeadline", "must be from 15s to 1800s");
  }
  const name = task.optionalString("name");
  return { name: name === "" ? undefined : name, scheduleTime, dispatchDeadline, request: readRequest(http) };
}

function readRequest(http: Fields): TaskRequest {
  const url = http.optionalString("url");
  if (url !== undefined && url !== "" && !(URL.canParse(url) && /^https?:/.test(url))) {
    throw http.invalid("url", "must begin with http:// or https://");
  }
  const method = readHttpMethod(http) ?? "POST";
  const body = Buffer.from(http.optionalString("body") ?? "", "base64");
  if (body.length > MAXIMUM_BYTES) throw http.invalid("body", `over ${MAXIMUM_BYTES} bytes`);
  if (body.length > 0 && method !== "POST" && method !== "PUT" && method !== "PATCH") {
    throw http.invalid("body", `a ${method} request can't have one`);
  }
  const headers = http.strings("headers");
  return { url: url === "" ? undefined : url, method, headers, body, oidcToken: readOidcToken(http) };
}

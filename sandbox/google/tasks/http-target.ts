import { own } from "../../../function/shared/json.ts";
import type { Fields } from "../fields.ts";
import { type HttpMethod, type OidcToken, readHttpMethod, readOidcToken } from "./http-request.ts";

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
   * @decision The host of a queue's override is a host alone; another text is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2beta3/target.proto,
   * UriOverride.host: "the full hostname"; the refusal of another text is not described.
   * @matters deployment fails: the program takes the host from the function's address.
   */
  if (host !== undefined && !/^[A-Za-z0-9.-]+$/.test(host))
    throw from.invalid("host", "must be a host alone");
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

import { isObject, own } from "../../function/shared/json.ts";
import { invalidField } from "./errors.ts";
import { type Fields, parseFields } from "./fields.ts";
import type { Principal } from "./iam/tokens.ts";

/** One call of an API, authenticated. */
export interface Call {
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly principal: Principal;
  /** A variable of the route's path. */
  parameter(name: string): string;
  query(name: string): string | undefined;
  /** The body as JSON. */
  fields(): Fields;
}

/** One method of an API: its place, what it needs, what it does. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The path with variables in braces, such as `/v2/projects/{project}/queues/{queue}:pause`. */
  readonly path: string;
  /** The API that must be enabled; undefined where none needs to be. */
  readonly service: string | undefined;
  /** What the caller needs; undefined where anybody with a token may call. */
  readonly permission: string | undefined;
  /** The full name of the resource on which the permission is needed. */
  resource(call: Call): string;
  /** The JSON to answer, or a whole response. */
  handle(call: Call): unknown;
}

/** A route that a request matches, with the variables of its path. */
export interface Match {
  readonly route: Route;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Makes the function that finds a request's route, among those of one API where it is named. Google's custom methods end in `:verb`
 * (API design guide: custom methods), so a variable never takes a colon.
 */
export function createRouter(
  routes: readonly Route[],
): (method: string, path: string, service?: string) => Match | undefined {
  const compiled = routes.map((route) => {
    const pattern = route.path
      .split(/(\{\w+\})/)
      .map((part) =>
        part.startsWith("{") ? `(?<${part.slice(1, -1)}>[^/:]+)` : part.replaceAll(".", "\\."),
      );
    return { route, expression: new RegExp(`^${pattern.join("")}$`) };
  });
  return (method, path, service) => {
    for (const { route, expression } of compiled) {
      if (route.method !== method) continue;
      if (service !== undefined && route.service !== undefined && route.service !== service) continue;
      const match = expression.exec(path);
      if (match) return { route, variables: decode(match.groups ?? {}) };
    }
    return undefined;
  };
}

/** Makes the call that a route's handler gets. */
export function createCall(
  request: { readonly url: URL; readonly headers: Headers; readonly body: Uint8Array },
  principal: Principal,
  variables: Readonly<Record<string, string>>,
): Call {
  return {
    ...request,
    principal,
    parameter(name) {
      const value = variables[name];
      if (value === undefined) throw new Error(`The route has no variable {${name}}.`);
      return value;
    },
    query: (name) => request.url.searchParams.get(name) ?? undefined,
    fields: () => parseFields(request.body),
  };
}

/**
 * A query parameter that must be there. @throws GoogleError when it is not
 *
 * @decision A required parameter of the query that is missing is refused with 400.
 * @evidence assumed: the APIs' descriptions call these fields required (google.api.field_behavior); the words differ
 * from service to service.
 * @show No deployment shows it: the provider's requests have the parameters.
 * @matters sandbox only: the provider sends all of them.
 */
export function requiredQuery(call: Call, name: string): string {
  const value = call.query(name);
  if (!value) throw invalidField(name, "is required");
  return value;
}

/**
 * @own A path that is not valid in a URL gets no further in the real front either; here it is named.
 */
function decode(groups: Readonly<Record<string, string>>): Record<string, string> {
  const decoded: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(groups)) {
    try {
      decoded[name] = decodeURIComponent(value);
    } catch {
      throw invalidField(name, "is not valid in a URL");
    }
  }
  return decoded;
}

type Raw = Readonly<Record<string, unknown>>;

/**
 * A resource as a PATCH leaves it: each field that the mask names is the body's, and gone when the body has none.
 * Without a mask, the fields of the body are meant (API improvement proposal 134, Standard methods: Update).
 * @param mask the query parameter `updateMask`, unless it came in the body
 * @param changeable the fields that can be changed
 * @throws GoogleError when the mask names another field
 */
export function masked(
  call: Call,
  stored: Raw,
  changeable: readonly string[],
  body: Raw = call.fields().raw,
  mask = call.query("updateMask"),
): Raw {
  const named = (mask ?? "").split(",").filter((path) => path !== "");
  const paths = named.length > 0 ? named : changeable.filter((key) => body[key] !== undefined);
  return paths.reduce((result, path) => {
    const [first = "", ...rest] = path.split(".");
    /**
     * @decision A mask that names what can't be changed is refused with 400.
     * @evidence recorded: googleapis/nodejs-scheduler#447: "Invalid mask for Job: timeZone". Other services' words
     * differ.
     * @matters deployment fails: a change of an immutable property would stop `pulumi up`, where the provider does
     * not replace.
     */
    if (!changeable.includes(first)) throw invalidField("updateMask", `"${path}" can't be changed`);
    return replaced(result, body, [first, ...rest]);
  }, stored);
}

function replaced(stored: Raw, body: Raw, [first = "", ...rest]: readonly string[]): Raw {
  const { [first]: before, ...others } = stored;
  const value = own(body, first);
  if (rest.length === 0)
    return value === undefined || value === null ? others : { ...others, [first]: value };
  return { ...others, [first]: replaced(isObject(before) ? before : {}, isObject(value) ? value : {}, rest) };
}

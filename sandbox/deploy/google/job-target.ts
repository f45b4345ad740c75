import { own } from "../../../function/json.ts";
import type { Properties } from "../handler.ts";
import { objectIn } from "./inputs.ts";
import { type JsonObject, objectOf, textOf, toProperties } from "./json.ts";

/** The headers that the service sets by itself, with the value that says so (Cloud Scheduler, HttpTarget: headers). */
const OWN_HEADERS: Readonly<Record<string, string>> = {
  "User-Agent": "Google-Cloud-Scheduler",
  "Content-Type": "application/octet-stream",
};

/** The HTTP target of a job in an answer, without what the service filled in. */
export function jobTarget(target: JsonObject, known: Properties): Properties {
  const { uri, httpMethod, headers, oidcToken, ...others } = toProperties(target);
  const given = objectIn(known, "headers") ?? {};
  const told = Object.entries(objectIn({ headers: headers ?? {} }, "headers") ?? {}).filter(
    ([name, value]) => Object.hasOwn(given, name) || own(OWN_HEADERS, name) !== value,
  );
  const hasHeaders = told.length > 0 || known["headers"] !== undefined;
  const isMeant = httpMethod === "POST" && known["httpMethod"] === undefined;
  return {
    ...others,
    uri: withoutLastSlash(textOf(target, "uri"), known["uri"]),
    ...(httpMethod === undefined || isMeant ? {} : { httpMethod }),
    ...(hasHeaders ? { headers: Object.fromEntries(told) } : {}),
    ...(oidcToken === undefined ? {} : { oidcToken: tokenIn(target, known) }),
  };
}

/** The service adds a last slash to an address without a path. */
function withoutLastSlash(held: string, given: unknown): string {
  return typeof given === "string" && held === `${given}/` ? given : held;
}

/** The audience is the address where none is given. */
function tokenIn(target: JsonObject, known: Properties): Properties {
  const token = toProperties(objectOf(target, "oidcToken"));
  const given = objectIn(known, "oidcToken");
  const isAddress = textOf(token, "audience").replace(/\/$/, "") === textOf(target, "uri").replace(/\/$/, "");
  if (given === undefined || given["audience"] !== undefined || !isAddress) return token;
  const { audience: _filledIn, ...others } = token;
  return others;
}

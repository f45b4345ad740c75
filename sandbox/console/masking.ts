import { isObject, parseJson } from "../../function/shared/json.ts";
import type { Exchange } from "../exchange.ts";

/** Headers whose value is a credential, or proves where a request came from. */
const SECRET_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-origin-mark",
]);

/** Fields of JSON and of forms whose value is a credential, or becomes a part of one. */
const SECRET_FIELDS =
  /^(.*token|secretdata|client_?secret|hook_?secret|.*assertion|.*password.*|signature|.*privatekey.*|pem)$/i;

/** A field of this name says what kind of credential another field holds. */
const NAMES_OF_KINDS = /type$/i;

/** Credentials that are known by their form, wherever they stand. */
const FORMS = [
  /eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?/g,
  /\b(Bearer|SSWS) +[\w.~+/=-]{8,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\bya29\.[\w.-]+/g,
];

/** What is shown in place of a secret. */
export function maskOf(secret: string): string {
  return `•••••• (${secret.length} characters, masked)`;
}

/**
 * An exchange as it may be shown: without credentials, and otherwise as it went over the wire. Credentials are known by their header,
 * by their field, by their form, and by their value.
 *
 * @param secrets values that are never shown
 */
export function maskExchange(exchange: Exchange, secrets: readonly string[]): Exchange {
  const text = (given: string) => maskText(given, secrets);
  return {
    ...exchange,
    url: text(exchange.url),
    requestHeaders: maskHeaders(exchange.requestHeaders, text),
    responseHeaders: maskHeaders(exchange.responseHeaders, text),
    requestBody: maskBody(exchange.requestBody, exchange.requestHeaders, text),
    responseBody: maskBody(exchange.responseBody, exchange.responseHeaders, text),
  };
}

/** Text without credentials of a known form or value. */
export function maskText(given: string, secrets: readonly string[]): string {
  let masked = given;
  for (const secret of secrets) if (secret !== "") masked = masked.replaceAll(secret, maskOf(secret));
  for (const form of FORMS) masked = masked.replace(form, (found) => maskOf(found));
  return masked;
}

function maskHeaders(
  headers: Readonly<Record<string, string>>,
  text: (given: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (!SECRET_HEADERS.has(name.toLowerCase())) return [name, text(value)];
      const [, scheme = "", secret = value] = /^(Bearer |SSWS |Basic )(.*)$/i.exec(value) ?? [];
      return [name, `${scheme}${maskOf(secret)}`];
    }),
  );
}

/** JSON and forms are masked field by field. JSON stays as it was written where nothing is masked in it. */
function maskBody(
  body: string,
  headers: Readonly<Record<string, string>>,
  text: (given: string) => string,
): string {
  if (body === "") return "";
  const type = headers["content-type"] ?? "";
  if (type.includes("urlencoded")) {
    const fields = [...new URLSearchParams(body)].map(([name, value]) =>
      isSecret(name) ? `${name}=${maskOf(value)}` : `${name}=${text(value)}`,
    );
    return fields.join("\n&");
  }
  const value = parseJson(body);
  if (value === undefined) return text(body);
  return JSON.stringify(maskValue(value, text));
}

function isSecret(name: string): boolean {
  return SECRET_FIELDS.test(name) && !NAMES_OF_KINDS.test(name);
}

/** JSON without credentials. The token of a page of a list is one as well: nobody needs to see it. */
export function maskValue(value: unknown, text: (given: string) => string): unknown {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map((item) => maskValue(item, text));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      isSecret(name) && typeof field === "string" && field !== "" ? maskOf(field) : maskValue(field, text),
    ]),
  );
}

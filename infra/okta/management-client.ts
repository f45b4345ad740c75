import { createPrivateKey, type KeyObject, randomUUID, sign } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { systemClock } from "../../function/shared/clock.ts";
import { TokenError } from "../../function/shared/errors.ts";
import { parseJson } from "../../function/shared/json.ts";
import {
  type AccessTokens,
  createAccessTokens,
  TOKEN_PATH,
} from "../../function/shared/okta/access-token.ts";
import type { OktaAnswer, OktaTransport } from "../../function/shared/okta/client.ts";
import { createClientAssertions } from "../../function/shared/okta/client-assertion.ts";
import { outboundFetch, proxyHint } from "../outbound-fetch.ts";
import { configuredOrgUrl, readProviderSettings } from "./provider-settings.ts";

/** How long one call may take, in milliseconds. */
const TIMEOUT = 30_000;

/** Reads from Okta what its provider for Pulumi has no function for. */
export interface ManagementClient {
  /** @throws Error when Okta is not reached or gives no token, or the private key can't be read */
  get(path: string): Promise<OktaAnswer>;
}

/**
 * The org, by the credentials that the stack's configuration or the environment gives to Okta's provider (Okta provider for
 * Pulumi, "Configuration"). They are only for that org.
 *
 * @param area of the scope that an app needs for the calls, such as `roles`
 * @returns undefined when there are none for this org, as when a program gives its resources a provider of its own
 */
export function findManagementClient(orgUrl: string, area: string): ManagementClient | undefined {
  if (configuredOrgUrl() !== orgUrl) return undefined;
  const send = sendTo(orgUrl);
  const authorization = findAuthorization(orgUrl, area, send);
  return (
    authorization && {
      async get(path) {
        // Node.js 22 knows no `using`.
        const deadline = systemClock.deadline(TIMEOUT);
        try {
          const headers = { accept: "application/json", authorization: await authorization(deadline.signal) };
          return await send({ method: "GET", path, headers, deadline });
        } finally {
          deadline[Symbol.dispose]();
        }
      },
    }
  );
}

/**
 * What stands in the header of a call by the credentials of the configuration.
 *
 * @param area of the scope that an app needs for the call, such as `roles`; an app without the scope for reading asks for the other
 * @param changes whether the call changes something
 * @returns undefined when there are no credentials
 */
export function findAuthorization(
  orgUrl: string,
  area: string,
  sendToOrg: OktaTransport,
  changes = false,
): ((signal: AbortSignal) => Promise<string>) | undefined {
  const { scopes, accessToken, apiToken } = readProviderSettings();
  if (accessToken.value) return async () => `Bearer ${accessToken.value}`;
  if (apiToken.value) return async () => `SSWS ${apiToken.value}`;
  const read = `okta.${area}.read`;
  const scope = scopes.includes(read) && !changes ? read : `okta.${area}.manage`;
  const tokens = findAppTokens(orgUrl, scope, sendToOrg);
  return tokens && (async (signal) => `Bearer ${await tokens.get(signal)}`);
}

/**
 * Tokens for one scope, as the app whose key the stack's configuration or the environment gives to Okta's provider.
 *
 * @returns undefined when there is none
 */
export function findAppTokens(
  orgUrl: string,
  scope: string,
  send: OktaTransport = sendTo(orgUrl),
): AccessTokens | undefined {
  const found = readProviderSettings();
  const { value: clientId } = found.clientId;
  const { value: privateKey } = found.privateKey;
  if (!clientId || !privateKey) return undefined;
  return createAccessTokens({
    send,
    makeAssertion: createClientAssertions({
      clientId,
      keyId: found.privateKeyId.value ?? "",
      audience: orgUrl + TOKEN_PATH,
      sign: async (data) =>
        sign("RSA-SHA256", Buffer.from(data), readPrivateKey(privateKey, found.privateKey.from)),
      now: Date.now,
      newId: randomUUID,
    }),
    scope,
    clock: systemClock,
    timeoutMs: TIMEOUT,
  });
}

/**
 * A key as Okta's provider takes it: in PEM, also on one line with \\n for each line's end, or the name of a file with it
 * (okta-sdk-golang, okta/requestExecutor.go, createKeySigner).
 *
 * @param from the key or the variable that it comes from
 * @throws Error when it can't be read; the message holds nothing of it
 */
function readPrivateKey(text: string, from: string): KeyObject {
  try {
    const pem = existsSync(text) ? readFileSync(text, "utf8") : text;
    return createPrivateKey(pem.replaceAll("\\n", "\n"));
  } catch {
    throw new Error(`${from} must be a private key in PEM, or the name of a file that contains one`);
  }
}

/** Sends requests to the org. */
export function sendTo(orgUrl: string): OktaTransport {
  return async ({ method, path, headers, body = null, deadline }) => {
    const response = await outboundFetch(orgUrl + path, {
      method,
      headers,
      body,
      redirect: "error",
      signal: deadline.signal,
    });
    const text = await response.text();
    return { status: response.status, headers: Object.fromEntries(response.headers), body: parseJson(text) };
  };
}

/** What Okta answers to a look-up before an update. */
export type LookedUp =
  | { readonly kind: "found"; readonly body: unknown; readonly headers: OktaAnswer["headers"] }
  | { readonly kind: "absent" }
  /** Okta was not asked, could not be reached, or gave no answer to the question. */
  | { readonly kind: "unknown"; readonly reason: string };

/** Why Okta gave no answer, by status. */
const reasons: ReadonlyMap<number, string> = new Map([
  [401, "Okta refuses the credentials of the configuration with 401"],
  [429, "Okta's rate limit is used up: try again in a minute"],
]);

/**
 * Looks something up in the org, by the credentials of the configuration.
 *
 * @param area of the scope that an app needs for it, such as `groups`
 * @param path with its query
 */
export async function lookUp(orgUrl: string, area: string, path: string): Promise<LookedUp> {
  const client = findManagementClient(orgUrl, area);
  if (client === undefined) {
    return { kind: "unknown", reason: `the configuration has no credentials for ${orgUrl}` };
  }
  const remedy = `Pulumi must act as a super administrator, and as an app it needs the scope okta.${area}.read or okta.${area}.manage`;
  try {
    const { status, body, headers } = await client.get(path);
    if (status === 200) return { kind: "found", body, headers };
    if (status === 404) return { kind: "absent" };
    if (status === 403) return { kind: "unknown", reason: `Okta refuses it: ${remedy}` };
    return { kind: "unknown", reason: reasons.get(status) ?? `Okta answers ${status}` };
  } catch (error) {
    const reason = error instanceof TokenError ? `${error.message}; ${remedy}` : messageOf(error);
    return { kind: "unknown", reason };
  }
}

/** With its cause, since "fetch failed" does not say what failed. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error
    ? `${error.message}: ${error.cause.message}${proxyHint()}`
    : error.message;
}

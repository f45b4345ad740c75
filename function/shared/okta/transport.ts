import { type Dispatcher, errors, Pool } from "undici";
import { type Clock, within } from "../clock.ts";
import type { OktaConfig } from "../contract.ts";
import { RateLimitError } from "../errors.ts";
import type { GooglePost } from "../google/api.ts";
import { createSigner } from "../google/signer.ts";
import { parseJson } from "../json.ts";
import type { Log } from "../log.ts";
import type { OktaRuntime } from "../runtime.ts";
import type { RateLimitBucket } from "../signals.ts";
import { type AccessTokens, createAccessTokens, TOKEN_PATH } from "./access-token.ts";
import type { ConnectionUse, OktaAnswer, OktaTransport } from "./client.ts";
import { createClientAssertions } from "./client-assertion.ts";
import { followRateLimit } from "./rate-limit.ts";

/** From this part of a limit on its use is logged, in percent. */
const WORTH_LOGGING_PERCENT = 50;

/** How long one token request may take. */
const TOKEN_TIMEOUT_MS = 15_000;

/**
 * Makes transports to the org for a service app: each adds the token, stays within the rate limit of one bucket and retries once
 * after a failure. All calls of one transport must belong to its bucket and be repeatable. All transports share the token and the
 * connections.
 *
 * The function that is returned takes a bucket's name; the log says how much of its limit is used.
 *
 * @param use `scope` separated by spaces
 * @param post calls Google, to sign
 */
export function wireOkta(
  { orgUrl, clientId, keyId, keyVersion, kmsEndpoint, rateLimitReserve }: OktaConfig,
  use: ConnectionUse & { readonly scope: string },
  post: GooglePost,
  { clock, random, newId, connectToOkta }: OktaRuntime,
  log: Log,
): (bucket: RateLimitBucket) => OktaTransport {
  const send = connectToOkta(orgUrl, use);
  const sign = createSigner({ endpoint: kmsEndpoint, keyVersion, post });
  const makeAssertion = createClientAssertions({
    clientId,
    keyId,
    audience: `${orgUrl}${TOKEN_PATH}`,
    sign,
    now: clock.now,
    newId,
  });
  const tokens = createAccessTokens({
    send,
    makeAssertion,
    scope: use.scope,
    clock,
    timeoutMs: TOKEN_TIMEOUT_MS,
  });
  return (bucket) => {
    const onUse = (part: number) => {
      const usedPercent = Math.round(100 * part);
      if (usedPercent >= WORTH_LOGGING_PERCENT) log.signal("okta-limit-used", { bucket, usedPercent });
    };
    const limited = followRateLimit(send, { clock, reserve: rateLimitReserve, random, onUse });
    return withAccessToken(retryOnce(limited, { clock, random }), tokens);
  };
}

/**
 * Sends each request with the service app's access token. If Okta does not accept the token, the request is sent
 * once more with a new one, and that answer counts.
 *
 * The call throws what the token or the connection throws when Okta was not reached.
 */
export function withAccessToken(send: OktaTransport, tokens: AccessTokens): OktaTransport {
  return async (request) => {
    const attempt = async () => {
      const token = await tokens.get(request.deadline.signal);
      const headers = { ...request.headers, authorization: `Bearer ${token}` };
      const answer = await send({ ...request, headers });
      if (answer.status === 401) tokens.discard(token);
      return answer;
    };
    const first = await attempt();
    return first.status === 401 ? attempt() : first;
  };
}

/** Shortest and longest wait before the second attempt, in milliseconds. */
const SHORTEST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 2_000;

/** How much of a request's time a second attempt needs. */
const TIME_OF_A_CALL_MS = 1_000;

/**
 * Sends a request once more, after a random wait, when Okta failed or was not reached. After a second failure
 * the queue retries for days. Only for requests that may be repeated.
 *
 * @param random from 0 up to 1
 */
export function retryOnce(
  send: OktaTransport,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): OktaTransport {
  return async (request) => {
    const mayRepeat = async (): Promise<boolean> => {
      const wait = SHORTEST_WAIT_MS + random() * (LONGEST_WAIT_MS - SHORTEST_WAIT_MS);
      if (clock.now() + wait + TIME_OF_A_CALL_MS > request.deadline.at) return false;
      await clock.sleep(wait, request.deadline.signal);
      return !request.deadline.signal.aborted;
    };
    let answer: OktaAnswer;
    try {
      answer = await send(request);
    } catch (error) {
      if (error instanceof RateLimitError || !(await mayRepeat())) throw error;
      return send(request);
    }
    return isFailure(answer.status) && (await mayRepeat()) ? send(request) : answer;
  };
}

/** 501 says that Okta will never do it (Okta, "Errors": E0000060). */
function isFailure(status: number): boolean {
  return status >= 500 && status !== 501;
}

/** How long connecting may take. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * One pool of kept-alive connections to the org, for every call of the function.
 *
 * @param orgUrl such as `https://acme.okta.com`
 * @param use `answerTimeoutMs` since it is better to end and retry a hanging call than to wait for it
 */
export function connectToOkta(
  orgUrl: string,
  { connections, maximumAnswerBytes, answerTimeoutMs }: ConnectionUse,
): OktaTransport {
  const pool = new Pool(orgUrl, {
    connections,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
    keepAliveTimeout: 30_000,
    maxResponseSize: maximumAnswerBytes,
  });
  const send: OktaTransport = async ({ method, path, headers, body, deadline }) => {
    const response = await pool.request({
      method,
      path,
      headers: { accept: "application/json", ...headers },
      body: body ?? null,
      signal: deadline.signal,
    });
    const { statusCode: status, headers: answered } = response;
    const text = await readText(response.body);
    return text === undefined
      ? { status, headers: answered, body: undefined, isTooLarge: true }
      : { status, headers: answered, body: parseJson(text) };
  };
  // undici looks at a signal only once the request has a connection.
  return (request) => within(send(request), request.deadline.signal);
}

/** @returns undefined when the body is longer than the pool reads */
async function readText(body: Dispatcher.ResponseData["body"]): Promise<string | undefined> {
  try {
    return await body.text();
  } catch (error) {
    if (error instanceof errors.ResponseExceededMaxSizeError) return undefined;
    throw error;
  }
}

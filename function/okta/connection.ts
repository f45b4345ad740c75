import { type Dispatcher, errors, Pool } from "undici";
import { within } from "../clock.ts";
import { parseJson } from "../json.ts";
import type { ConnectionUse, OktaSend } from "./client.ts";

/** How long a connection may take to come about, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;

/**
 * One pool of kept-alive connections to the org, for every call of the function.
 *
 * @param orgUrl such as `https://acme.okta.com`
 * @param use `answerTimeout` since a hanging call is better ended, and tried again, than waited for
 */
export function connectToOkta(
  orgUrl: string,
  { connections, maximumAnswer, answerTimeout }: ConnectionUse,
): OktaSend {
  const pool = new Pool(orgUrl, {
    connections,
    connect: { timeout: CONNECT_TIMEOUT },
    headersTimeout: answerTimeout,
    bodyTimeout: answerTimeout,
    keepAliveTimeout: 30_000,
    maxResponseSize: maximumAnswer,
  });
  const send: OktaSend = async ({ method, path, headers, body, deadline }) => {
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

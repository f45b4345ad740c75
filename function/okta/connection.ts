import { Pool } from "undici";
import type { OktaSend } from "./client.ts";

/** In milliseconds. A hanging call is better ended, and tried again, than waited for. */
const TIMEOUT = 10_000;

/**
 * One pool of kept-alive connections to the org, for every call of the function.
 *
 * @param orgUrl such as `https://acme.okta.com`
 * @param connections how many calls may be under way at once
 * @param maximumAnswer how much of an answer is read, in bytes
 */
export function connectToOkta(
  orgUrl: string,
  { connections, maximumAnswer }: { readonly connections: number; readonly maximumAnswer: number },
): OktaSend {
  const pool = new Pool(orgUrl, {
    connections,
    connect: { timeout: TIMEOUT },
    headersTimeout: TIMEOUT,
    bodyTimeout: TIMEOUT,
    keepAliveTimeout: 30_000,
    maxResponseSize: maximumAnswer,
  });
  return async ({ method, path, headers, body, deadline }) => {
    const response = await pool.request({
      method,
      path,
      headers: { accept: "application/json", ...headers },
      body: body ?? null,
      signal: deadline.signal,
    });
    return {
      status: response.statusCode,
      headers: response.headers,
      body: parse(await response.body.text()),
    };
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

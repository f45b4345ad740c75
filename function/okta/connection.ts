import { Pool } from "undici";
import { isObject, type JsonObject } from "../json.ts";
import type { OktaSend } from "./client.ts";

/** In milliseconds. The queue tries again, so a hanging call is better ended than waited for. */
const TIMEOUT = 10_000;

/** An answer of this API is a small JSON object; more than this is not read. In bytes. */
const MAXIMUM_ANSWER = 64 * 1024;

/**
 * One pool of kept-alive connections to the org, for every call of the function.
 *
 * @param orgUrl such as `https://acme.okta.com`
 * @param connections how many calls may be under way at once
 */
export function connectToOkta(orgUrl: string, connections: number): OktaSend {
  const pool = new Pool(orgUrl, {
    connections,
    connect: { timeout: TIMEOUT },
    headersTimeout: TIMEOUT,
    bodyTimeout: TIMEOUT,
    keepAliveTimeout: 30_000,
    maxResponseSize: MAXIMUM_ANSWER,
  });
  return async ({ method, path, headers, body, signal }) => {
    const response = await pool.request({
      method,
      path,
      headers: { accept: "application/json", ...headers },
      body: body ?? null,
      signal,
    });
    const text = await response.body.text();
    const requestId = response.headers["x-okta-request-id"];
    return {
      status: response.statusCode,
      requestId: typeof requestId === "string" ? requestId : "",
      body: parseObject(text),
    };
  };
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

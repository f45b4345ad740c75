import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ORIGIN_HEADER } from "./ingress.ts";

/** Headers of one connection, which a proxy does not pass on (RFC 9110, 7.6.1). */
const CONNECTION_HEADERS = new Set(["connection", "keep-alive", "proxy-connection"]);

/** Raw headers, as node:http gives and takes them, without those of the connection. */
export function withoutConnectionHeaders(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    if (!CONNECTION_HEADERS.has(name.toLowerCase())) kept.push(name, raw[index + 1] ?? "");
  }
  return kept;
}

/**
 * The headers that a function sees: the caller's own, in their order and case, with where the request came from and
 * a trace to join logs by (Cloud Run, Container contract; W3C Trace Context).
 */
export function forwardedHeaders(request: IncomingMessage): string[] {
  const raw = withoutConnectionHeaders(request.rawHeaders);
  const address = request.socket.remoteAddress ?? "unknown";
  const before = request.headers["x-forwarded-for"];
  const headers = drop(drop(raw, "x-forwarded-for"), ORIGIN_HEADER);
  headers.push("x-forwarded-for", before === undefined ? address : `${String(before)}, ${address}`);
  if (request.headers["x-forwarded-proto"] === undefined) headers.push("x-forwarded-proto", "http");
  const trace = randomBytes(16).toString("hex");
  const span = randomBytes(8);
  if (request.headers["traceparent"] === undefined) {
    headers.push("traceparent", `00-${trace}-${span.toString("hex")}-01`);
  }
  if (request.headers["x-cloud-trace-context"] === undefined) {
    headers.push("x-cloud-trace-context", `${trace}/${span.readBigUInt64BE()};o=1`);
  }
  const hasLength = request.headers["content-length"] !== undefined;
  const isChunked = request.headers["transfer-encoding"] !== undefined;
  const mayHaveBody = request.method !== "GET" && request.method !== "HEAD";
  // node:http would make a request without a body a chunked one.
  if (mayHaveBody && !hasLength && !isChunked) headers.push("content-length", "0");
  return headers;
}

function drop(raw: readonly string[], name: string): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]?.toLowerCase() !== name) kept.push(raw[index] ?? "", raw[index + 1] ?? "");
  }
  return kept;
}

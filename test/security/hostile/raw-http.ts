import { once } from "node:events";
import { connect } from "node:net";

/** A header as it is sent; text is Latin-1, so that each character is one byte. */
export type Header = readonly [name: string, value: string];

/** A request over a socket of its own, byte by byte as it stands here: no client corrects anything in it. */
export interface RawRequest {
  /** POST unless given. */
  readonly method?: string;
  /** `/` unless given. */
  readonly target?: string;
  /** In this order, and as often as they stand here. */
  readonly headers?: readonly Header[];
  readonly body?: string | Uint8Array;
  /** How the body is announced: by its length, in two chunks, or by nothing but what the headers say. */
  readonly framing?: "length" | "chunks" | "none";
  /** In place of all of these: everything that is sent, in Latin-1. */
  readonly bytes?: string;
  /** Says after the last byte that no more will come. */
  readonly breaksOff?: boolean;
}

/** What came back. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends a request and reads the final answer; "closed" when the connection ends without one. */
export async function sendRaw(port: number, request: RawRequest): Promise<RawAnswer | "closed"> {
  const socket = connect(port, "127.0.0.1");
  const answered = Promise.withResolvers<RawAnswer | "closed">();
  const received: Buffer[] = [];
  const read = () => readAnswer(Buffer.concat(received).toString("latin1"), request.method === "HEAD");
  socket.on("data", (chunk) => {
    received.push(chunk);
    const answer = read();
    if (answer !== undefined) answered.resolve(answer);
  });
  // A connection that is cut is closed, too.
  socket.on("error", () => undefined);
  socket.on("close", () => answered.resolve("closed"));
  await once(socket, "connect");
  socket.write(encode(request));
  if (request.breaksOff) socket.end();
  const answer = await answered.promise;
  socket.destroy();
  return answer;
}

function encode(request: RawRequest): Uint8Array {
  if (request.bytes !== undefined) return Buffer.from(request.bytes, "latin1");
  const { method = "POST", target = "/", headers = [], framing = "length" } = request;
  const body = Buffer.from(request.body ?? "");
  const announced: readonly Header[] =
    framing === "chunks"
      ? [["Transfer-Encoding", "chunked"]]
      : framing === "length" && request.body !== undefined
        ? [["Content-Length", String(body.length)]]
        : [];
  const lines = [["Host", "function.example"] as const, ...headers, ...announced].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  return Buffer.concat([head, ...(framing === "chunks" ? inChunks(body) : [body])]);
}

function inChunks(body: Buffer): readonly Buffer[] {
  const half = Math.ceil(body.length / 2);
  const chunks = [body.subarray(0, half), body.subarray(half)].filter(({ length }) => length > 0);
  return [
    ...chunks.flatMap((chunk) => [
      Buffer.from(`${chunk.length.toString(16)}\r\n`),
      chunk,
      Buffer.from("\r\n"),
    ]),
    Buffer.from("0\r\n\r\n"),
  ];
}

/** @returns undefined while the answer has not come as a whole */
function readAnswer(text: string, isHead: boolean): RawAnswer | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [start = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(start.split(" ")[1]);
  const rest = text.slice(end + 4);
  if (status < 200) return readAnswer(rest, isHead);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  if (isHead || status === 204) return { status, headers, body: "" };
  if (headers["transfer-encoding"] === "chunked") {
    // Node's own refusals are chunked and empty.
    return rest === "0\r\n\r\n" ? { status, headers, body: "" } : undefined;
  }
  const length = Number(headers["content-length"] ?? 0);
  if (rest.length < length) return undefined;
  return { status, headers, body: Buffer.from(rest.slice(0, length), "latin1").toString() };
}

/** The end of a message's headers. */
const END = Buffer.from("\r\n\r\n");

/** One HTTP/1.1 message, of which all bytes have come. */
export interface Message {
  /** The first line and the headers, in Latin-1. */
  readonly head: string;
  readonly body: Buffer;
}

/**
 * Takes messages from a connection's bytes: no more of HTTP/1.1 than Node's servers and clients send. Node's own parser would
 * make the load client and the stub as slow as what they measure.
 */
export function createReader(onMessage: (message: Message) => void): (chunk: Buffer) => void {
  let rest: Buffer | undefined;
  return (chunk) => {
    let bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const end = bytes.indexOf(END);
      if (end < 0) break;
      const head = bytes.toString("latin1", 0, end);
      const start = end + END.length;
      const length = isChunked(head) ? chunkedLength(bytes, start) : lengthOf(head);
      if (length === undefined || bytes.length < start + length) break;
      onMessage({ head, body: bytes.subarray(start, start + length) });
      bytes = bytes.subarray(start + length);
    }
    rest = bytes.length === 0 ? undefined : bytes;
  };
}

/** The value of a header; undefined when there is none. @param name in lower case */
export function headerOf(head: string, name: string): string | undefined {
  for (const line of head.split("\r\n")) {
    if (
      line.length > name.length &&
      line[name.length] === ":" &&
      line.slice(0, name.length).toLowerCase() === name
    ) {
      return line.slice(name.length + 1).trim();
    }
  }
  return undefined;
}

function lengthOf(head: string): number {
  const found = /\ncontent-length: *(\d+)/i.exec(head);
  return found === null ? 0 : Number(found[1]);
}

function isChunked(head: string): boolean {
  return /\ntransfer-encoding: *chunked/i.test(head);
}

/** Bytes up to the end of the last chunk; undefined before it has come. */
function chunkedLength(bytes: Buffer, start: number): number | undefined {
  let at = start;
  for (;;) {
    const end = bytes.indexOf("\r\n", at, "latin1");
    if (end < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, end), 16);
    at = end + 2 + size + 2;
    if (bytes.length < at) return undefined;
    if (size === 0) return at - start;
  }
}

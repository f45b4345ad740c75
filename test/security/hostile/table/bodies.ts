import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { type Case, type Outcome, refused, refusedByNode } from "../case.ts";
import type { Header, RawRequest } from "../raw-http.ts";
import { granter, type Honest, receiver, reconciler } from "./honest.ts";

/** What is sent in place of an honest body, or with it, and what comes of it. */
type Attempt = readonly [name: string, request: (body: string) => RawRequest, outcome: Outcome | "accepted"];

const noJson = refused(400, "The body is not valid JSON in UTF-8.");
const wrongType = refused(415, "The body must be application/json.");
const compressed = refused(415, "The body must not be compressed.", { "accept-encoding": "identity" });
// Node ends the connection over what comes next, or does not; what the function says, nobody hears.
const unheard = ({ log }: Outcome): Outcome => ({ answer: refusedByNode(400).answer, log });
const brokeOff = unheard(refused(503, "The body broke off."));

const type = (...types: readonly string[]) => ({
  headers: types.map((value): Header => ["Content-Type", value]),
});

const contentTypes: readonly Attempt[] = [
  ["no content type", () => ({ headers: [] }), wrongType],
  ["an empty content type", () => type(""), wrongType],
  ["text", () => type("text/plain"), wrongType],
  ["a form", () => type("application/x-www-form-urlencoded"), wrongType],
  ["a form in parts", () => type("multipart/form-data; boundary=x"), wrongType],
  ["JSON under another name", () => type("text/json"), wrongType],
  ["a relative of JSON", () => type("application/cloudevents+json"), wrongType],
  ["the type of lines of JSON", () => type("application/jsonl"), wrongType],
  ["any content type", () => type("*/*"), wrongType],
  ["a list of content types", () => type("application/json, text/plain"), wrongType],
  ["two content types, the first another", () => type("text/plain", "application/json"), wrongType],
  // Of a header that stands there twice Node takes the first (Node.js, "HTTP": message.headers).
  ["two content types, the first JSON", () => type("application/json", "text/plain"), "accepted"],
  ["a content type with a charset", () => type("application/json; charset=utf-8"), "accepted"],
  ["a content type in upper case", () => type("APPLICATION/JSON;CHARSET=UTF-8"), "accepted"],
  ["a charset that it is not in", () => type('application/json; charset="utf-16"'), "accepted"],
  ["white space around the content type", () => type(" application/json ; x=y"), "accepted"],
];

const encoded = (encoding: string, body: string | Uint8Array): RawRequest => ({
  headers: [
    ["Content-Type", "application/json"],
    ["Content-Encoding", encoding],
  ],
  body,
});

const encodings: readonly Attempt[] = [
  ["gzip", (body) => encoded("gzip", gzipSync(body)), compressed],
  ["gzip in upper case", (body) => encoded("GZIP", gzipSync(body)), compressed],
  ["gzip by its old name", (body) => encoded("x-gzip", gzipSync(body)), compressed],
  ["deflate", (body) => encoded("deflate", deflateSync(body)), compressed],
  ["brotli", (body) => encoded("br", brotliCompressSync(body)), compressed],
  ["zstandard", (body) => encoded("zstd", zstdCompressSync(body)), compressed],
  ["gzip upon gzip", (body) => encoded("gzip, gzip", gzipSync(gzipSync(body))), compressed],
  ["gzip behind none", (body) => encoded("identity, gzip", gzipSync(body)), compressed],
  ["gzip that is none", (body) => encoded("gzip", body), compressed],
  ["an unknown encoding", (body) => encoded("rot13", body), compressed],
  ["an empty encoding", (body) => encoded("", body), compressed],
  ["10 MB in 10 KB", () => encoded("gzip", gzipSync(Buffer.alloc(10_000_000, " "))), compressed],
  ["gzip that no header names", (body) => ({ body: gzipSync(body) }), noJson],
  ["no encoding, by its name", (body) => encoded("identity", body), "accepted"],
  ["no encoding, in upper case", (body) => encoded("IDENTITY", body), "accepted"],
];

/** Text and single bytes. */
function bytes(...parts: readonly (string | number)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.of(part))));
}

const shapes: readonly Attempt[] = [
  ["nothing", () => ({ body: "" }), noJson],
  ["no body, and no length", () => ({ framing: "none", body: "" }), noJson],
  ["white space", () => ({ body: " \r\n\t" }), noJson],
  ["one quote", () => ({ body: '"' }), noJson],
  ["the beginning of an object", () => ({ body: "{" }), noJson],
  ["all but the last byte", (body) => ({ body: body.slice(0, -1) }), noJson],
  ["all but the first byte", (body) => ({ body: body.slice(1) }), noJson],
  ["something behind the end", (body) => ({ body: `${body}x` }), noJson],
  ["the body twice", (body) => ({ body: body + body }), noJson],
  ["a zero byte behind the end", (body) => ({ body: bytes(body, 0) }), noJson],
  ["a comment", (body) => ({ body: `/* */${body}` }), noJson],
  ["single quotes", (body) => ({ body: body.replaceAll('"', "'") }), noJson],
  ["names without quotes", () => ({ body: "{kind:1}" }), noJson],
  ["a comma too many", (body) => ({ body: body.replace(/}$/, ",}") }), noJson],
  ["no number", () => ({ body: '{"a":NaN}' }), noJson],
  ["no finite number", () => ({ body: '{"a":-Infinity}' }), noJson],
  ["a hexadecimal number", () => ({ body: '{"a":0x10}' }), noJson],
  ["a line break in a text", () => ({ body: '{"a":"\n"}' }), noJson],
  ["code", () => ({ body: "process.exit(1)" }), noJson],
  ["a form's text", () => ({ body: "kind=poll" }), noJson],
  [
    "a document type",
    () => ({ body: '<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>' }),
    noJson,
  ],
  ["lines of JSON", (body) => ({ body: `${body}\n${body}\n` }), noJson],
  ["10,000 lists that never end", () => ({ body: "[".repeat(10_000) }), noJson],
  ["10,000 objects that never end", () => ({ body: '{"a":'.repeat(3_000) }), noJson],
  ["a byte that is no UTF-8", (body) => ({ body: bytes('{"a":"', 0xff, `","b":${body}}`) }), noJson],
  ["half a character", () => ({ body: bytes('{"a":"', 0xe2, 0x82, '"}') }), noJson],
  ["a character in more bytes than it needs", () => ({ body: bytes('{"a":"', 0xc0, 0xaf, '"}') }), noJson],
  ["half a pair of code units", () => ({ body: bytes('{"a":"', 0xed, 0xa0, 0x80, '"}') }), noJson],
  ["UTF-16", (body) => ({ body: Buffer.from(body, "utf16le") }), noJson],
  ["UTF-16 with its mark", (body) => ({ body: Buffer.from(`\ufeff${body}`, "utf16le") }), noJson],
  // A reader may pass over the mark (RFC 8259, section 8.1).
  ["the mark of UTF-8", (body) => ({ body: `\ufeff${body}` }), "accepted"],
  ["the mark of UTF-8 twice", (body) => ({ body: `\ufeff\ufeff${body}` }), noJson],
  ["white space around", (body) => ({ body: ` \r\n\t${body} \r\n\t` }), "accepted"],
  [
    "a field twice, the last one honest",
    (body) => ({ body: body.replace("{", '{"kind":"x","data":7,"userId":7,') }),
    "accepted",
  ],
  [
    "a prototype",
    (body) => ({ body: body.replace("{", '{"__proto__":{"groupId":"x","data":7},') }),
    "accepted",
  ],
  [
    "a constructor",
    (body) => ({ body: body.replace("{", '{"constructor":{"prototype":{"polluted":1}},') }),
    "accepted",
  ],
  [
    "fields of any name",
    (body) => ({ body: body.replace("{", '{"toString":1,"hasOwnProperty":2,"then":3,"":4,') }),
    "accepted",
  ],
  [
    "numbers that are too large",
    (body) => ({ body: body.replace("{", '{"a":1e999,"b":-1e999,"c":123456789012345678901234567890,') }),
    "accepted",
  ],
];

function sizes({ limit }: Honest): readonly Attempt[] {
  const tooLarge = refused(413, `The body is larger than ${limit} bytes.`);
  const announced = (length: string): RawRequest => ({
    headers: [
      ["Content-Type", "application/json"],
      ["Content-Length", length],
    ],
    framing: "none",
  });
  const depth = Math.min(10_000, limit / 2 - 512);
  const lists = `{"a":${"[".repeat(depth)}${"]".repeat(depth)},`;
  return [
    [`${depth} lists in a field`, (body) => ({ body: body.replace("{", lists) }), "accepted"],
    ["exactly the limit", (body) => ({ body: body.padEnd(limit) }), "accepted"],
    ["one byte over the limit", (body) => ({ body: body.padEnd(limit + 1) }), tooLarge],
    ["exactly the limit in chunks", (body) => ({ body: body.padEnd(limit), framing: "chunks" }), "accepted"],
    [
      "one byte over the limit in chunks",
      (body) => ({ body: body.padEnd(limit + 1), framing: "chunks" }),
      tooLarge,
    ],
    ["chunks", (body) => ({ body, framing: "chunks" }), "accepted"],
    ["one byte over the limit announced, nothing sent", () => announced(String(limit + 1)), tooLarge],
    ["a petabyte announced, nothing sent", () => announced("1000000000000000"), tooLarge],
    ["leading zeros in the length", (body) => ({ ...announced(`000${body.length}`), body }), "accepted"],
    ["half of it announced", (body) => ({ ...announced(String(body.length >> 1)), body }), unheard(noJson)],
    ["a length of zero", (body) => ({ ...announced("0"), body }), unheard(noJson)],
    [
      "twice as much announced",
      (body) => ({ ...announced(String(body.length * 2)), body, breaksOff: true }),
      brokeOff,
    ],
    ["a length and no body", () => ({ ...announced("10"), body: "", breaksOff: true }), brokeOff],
    [
      "a body that does not come",
      () => ({ ...announced("10"), body: "" }),
      refused(503, "The body did not arrive in time."),
    ],
  ];
}

/** The most values that a body may hold. */
const VALUES = 200_000;

/** A body of so many values: each but the first follows a comma, or begins a list or an object. */
function valued(body: string, values: number): RawRequest {
  const own = 1 + body.replace(/[^,[{]/g, "").length;
  return { body: body.replace("{", `{"a":[${Array(values - own - 1).fill("0")}],`) };
}

/** Where there is room for them. */
const crowds: readonly Attempt[] = [
  ["as many values as may be", (body) => valued(body, VALUES), "accepted"],
  [
    "one value too many",
    (body) => valued(body, VALUES + 1),
    refused(413, `The body holds more than ${VALUES} values.`),
  ],
  [
    "lists within each other to the limit",
    () => ({ body: "[".repeat(1024 * 1024) }),
    refused(413, `The body holds more than ${VALUES} values.`),
  ],
];

/** Whatever a function does, it reads a body in this one way. */
export const bodies: readonly Case[] = [receiver, granter, reconciler].flatMap((honest) =>
  [
    ...contentTypes,
    ...encodings,
    ...shapes,
    ...sizes(honest),
    ...(honest.limit > 2 * VALUES ? crowds : []),
  ].map(([name, request, outcome]) => {
    const { body, accepted } = honest.next();
    const { headers = [["Content-Type", "application/json"]], ...rest } = request(body);
    return {
      name: `${name}, for ${honest.function}`,
      function: honest.function,
      request: { body, ...rest, headers: [...honest.headers, ...headers] },
      ...(outcome === "accepted" ? accepted : outcome),
    };
  }),
);

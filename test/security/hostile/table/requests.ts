import { type Case, json, type Outcome, refused, refusedByNode } from "../case.ts";
import type { Header, RawRequest } from "../raw-http.ts";
import { SECRET } from "../subjects.ts";
import { AUTHENTIC, authentic, granter, type Honest, receiver, reconciler } from "./honest.ts";
import { notAuthentic, ONE_SIGN_IN, taken, verified } from "./secrets.ts";

const names = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "PURGE", "M-SEARCH"];

/** Each function answers only its own methods, to any caller. */
const methods: readonly Case[] = [receiver, granter, reconciler].flatMap((honest) => {
  const refusal = methodRefused(honest);
  const { headers, next } = honest;
  const send = (name: string, request: RawRequest, outcome: Outcome | Case["answer"]): Case => ({
    name: `${name} for ${honest.function}`,
    function: honest.function,
    request: { headers: [...json(), ...headers], body: next().body, ...request },
    ...(typeof outcome === "object" && "log" in outcome ? outcome : { answer: outcome, log: [] }),
  });
  return [
    ...names.map((method) => send(method, { method }, refusal)),
    send("HEAD", { method: "HEAD" }, { ...refusal, answer: { status: 405, body: "" } }),
    send(
      "a method by another header",
      { method: "PUT", headers: [["X-HTTP-Method-Override", "POST"]] },
      refusal,
    ),
    send("OPTIONS of everything", { method: "OPTIONS", target: "*" }, refusal),
    // A tunnel is nothing that this server gives; it hangs up.
    send("CONNECT", { method: "CONNECT", target: "internal:443" }, "closed"),
    send("a method in lower case", { method: "post" }, refusedByNode(400)),
    send("a method that nobody knows", { method: "GRANT" }, refusedByNode(400)),
  ];
});

function methodRefused({ methods }: Honest): Outcome {
  const reason = `Only ${methods.replace(", ", " and ")} ${methods.includes(",") ? "are" : "is"} answered here.`;
  return refused(405, reason, { allow: methods });
}

/** One function stands behind each address: a path means nothing. */
const targets: readonly Case[] = [
  ["two slashes", "//"],
  ["another host's path", "//evil.example/"],
  ["dots", "/../../etc/passwd"],
  ["encoded dots", "/%2e%2e/%2e%2e/etc/passwd"],
  ["encoded slashes", "/..%2f..%2f"],
  ["backslashes", "/..\\..\\"],
  ["an encoded zero byte", "/%00"],
  ["half an encoded byte", "/%"],
  ["an encoded line break", "/%0d%0aX-Evil:%201"],
  ["a query", "/?a=b&a[]=c&__proto__[d]=e"],
  ["only a question mark", "/?"],
  ["a fragment", "/#grant"],
  ["a semicolon", "/;jsessionid=1"],
  ["another function's name", "/grant"],
  ["a browser's icon", "/favicon.ico"],
  ["a list for robots", "/robots.txt"],
  ["an absolute form", "http://function.example/"],
  ["the absolute form of another host", "http://evil.example/admin"],
  ["the absolute form of a metadata server", "http://169.254.169.254/computeMetadata/v1/"],
  ["12 KiB", `/${"x".repeat(12 * 1024)}`],
].map(([name, target = ""]) => ({
  name: `a delivery to a path of ${name}`,
  function: "receive" as const,
  request: { target, headers: authentic(), body: ONE_SIGN_IN },
  ...taken,
}));

const many = (count: number): readonly Header[] =>
  Array.from({ length: count }, (_none, index) => [`X-${index}`, ""]);

const repeated = (count: number): readonly Header[] => Array.from({ length: count }, () => ["a", ""]);

/** Headers of an authentic delivery; what of them means nothing is passed over. */
const headers: readonly Case[] = (
  [
    ["900 other headers", [...many(900), ...authentic()], taken],
    ["1,100 other headers", [...many(1_100), ...authentic()], refusedByNode(431)],
    ["the same header 900 times", [...authentic(), ...repeated(900)], taken],
    ["the same header 5,000 times", [...authentic(), ...repeated(5_000)], refusedByNode(431)],
    ["a header of 12 KiB", authentic(["X-Long", "x".repeat(12 * 1024)]), taken],
    ["a header of 20 KiB", authentic(["X-Long", "x".repeat(20 * 1024)]), refusedByNode(431)],
    ["a header's name of 20 KiB", authentic(["X".repeat(20 * 1024), "x"]), refusedByNode(431)],
    ["the name of a prototype", authentic(["__proto__", "polluted"], ["constructor", "polluted"]), taken],
    ["a header of bytes that are no ASCII", authentic(["X-Name", "J\xf6rg \xff\x80"]), taken],
    ["a zero byte", authentic(["X-Name", "a\0b"]), refusedByNode(400)],
    ["a delete character", authentic(["X-Name", "a\x7fb"]), refusedByNode(400)],
    ["a single carriage return", authentic(["X-Name", "a\rb"]), refusedByNode(400)],
    ["a line that is folded", authentic(["X-Name", "a\r\n b"]), refusedByNode(400)],
    ["a name with a space", authentic(["X Name", "a"]), refusedByNode(400)],
    ["no name", authentic(["", "a"]), refusedByNode(400)],
    ["a name that is no ASCII", authentic(["X-N\xe4me", "a"]), refusedByNode(400)],
    ["two hosts", authentic(["Host", "evil.example"]), taken],
    [
      "a forwarded host",
      authentic(["X-Forwarded-Host", "evil.example"], ["Forwarded", "host=evil.example"]),
      taken,
    ],
    ["a forwarded address", authentic(["X-Forwarded-For", "127.0.0.1, ::1, evil"]), taken],
    ["an original address", authentic(["X-Original-URL", "/admin"], ["X-Rewrite-URL", "/admin"]), taken],
    ["the name of a task", authentic(["X-CloudTasks-TaskName", "x"], ["X-CloudScheduler", "true"]), taken],
    ["a trace that is none", authentic(["traceparent", '00-"}\\n{"severity":"CRITICAL"}-00-01']), taken],
    ["a trace of another form", authentic(["X-Cloud-Trace-Context", `${"g".repeat(32)}/1;o=1`]), taken],
    ["a range", authentic(["Range", "bytes=0-0"], ["If-Match", "*"], ["If-None-Match", "*"]), taken],
    ["a wish for another form", authentic(["Accept", "text/html"], ["Accept-Encoding", "gzip"]), taken],
    ["another origin", authentic(["Origin", "https://evil.example"]), taken],
    ["an upgrade to WebSocket", authentic(["Connection", "Upgrade"], ["Upgrade", "websocket"]), taken],
    ["an upgrade to HTTP/2", authentic(["Connection", "Upgrade, HTTP2-Settings"], ["Upgrade", "h2c"]), taken],
    ["the secret as a header of one hop", authentic(["Connection", "close, Authorization"]), taken],
    ["an expectation", authentic(["Expect", "100-continue"]), taken],
    ["an expectation that nobody knows", authentic(["Expect", "200-ok"]), refusedByNode(417)],
    ["an expectation, and no secret", json(["Expect", "100-continue"]), notAuthentic],
    ["two lengths", authentic(["Content-Length", "3"]), refusedByNode(400)],
    ["the same length twice", authentic(["Content-Length", String(ONE_SIGN_IN.length)]), refusedByNode(400)],
    ["a length and chunks", authentic(["Transfer-Encoding", "chunked"]), refusedByNode(400)],
    ["a length and another transfer", authentic(["Transfer-Encoding", "xchunked"]), refusedByNode(400)],
    ["chunks by a name with a space", authentic(["Transfer-Encoding ", "chunked"]), refusedByNode(400)],
  ] as const
).map(([name, all, outcome]) => ({
  name: `a delivery with ${name}`,
  function: "receive" as const,
  request: { headers: all, body: ONE_SIGN_IN },
  ...outcome,
}));

const secret = `Authorization: Bearer ${SECRET}\r\n`;
const start = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${secret}`;
const chunked = `${start}Transfer-Encoding: chunked\r\n\r\n`;
const size = ONE_SIGN_IN.length.toString(16);
const get = `GET / HTTP/1.1\r\nHost: x\r\nX-Okta-Verification-Challenge: abc\r\n${secret}\r\n`;
// Node hangs up in the middle of the body; what the function says of that, nobody hears.
const { log } = refused(503, "The body broke off.");
const brokeOff: Outcome = { ...refusedByNode(400), log };
const noteRefused: Outcome = { ...refusedByNode(413), log };

/** What is hardly HTTP, byte by byte. */
const framings: readonly Case[] = (
  [
    ["a negative length", `${start}Content-Length: -1\r\n\r\n{}`, refusedByNode(400)],
    ["a length with a sign", `${start}Content-Length: +2\r\n\r\n{}`, refusedByNode(400)],
    ["a length that is not a number", `${start}Content-Length: 2, 2\r\n\r\n{}`, refusedByNode(400)],
    [
      "a length beyond all numbers",
      `${start}Content-Length: ${"9".repeat(30)}\r\n\r\n{}`,
      refusedByNode(400),
    ],
    ["chunks in chunks", `${start}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, refusedByNode(400)],
    ["a chunk beyond all numbers", `${chunked}FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n`, brokeOff],
    ["a chunk of no number", `${chunked}zz\r\n{}\r\n0\r\n\r\n`, brokeOff],
    ["a chunk of a negative number", `${chunked}-2\r\n{}\r\n0\r\n\r\n`, brokeOff],
    ["a chunk longer than its size", `${chunked}2\r\n{}{}\r\n0\r\n\r\n`, brokeOff],
    ["a chunk with a note", `${chunked}${size};note="x"\r\n${ONE_SIGN_IN}\r\n0\r\n\r\n`, taken],
    ["a chunk with a note of 20 KiB", `${chunked}2;${"x".repeat(20 * 1024)}\r\n{}\r\n0\r\n\r\n`, noteRefused],
    ["line feeds for the ends of chunks", `${chunked}${size}\n${ONE_SIGN_IN}\n0\n\n`, brokeOff],
    ["a trailer", `${chunked}${size}\r\n${ONE_SIGN_IN}\r\n0\r\nX-Trailer: 1\r\n\r\n`, taken],
    ["line feeds for the ends of lines", get.replaceAll("\r\n", "\n"), refusedByNode(400)],
    ["no host", get.replace("Host: x\r\n", ""), refusedByNode(400)],
    ["a header that is none", get.replace("Host: x", "Host: x\r\nnone"), refusedByNode(400)],
    ["HTTP/1.0", get.replace("HTTP/1.1", "HTTP/1.0").replace("Host: x\r\n", ""), verified("abc")],
    ["HTTP/9.9", get.replace("HTTP/1.1", "HTTP/9.9"), refusedByNode(400)],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refusedByNode(400)],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", refusedByNode(400)],
    ["another protocol", "SSH-2.0-client\r\n", refusedByNode(400)],
    ["a zero byte in the target", get.replace("/ ", "/\0 "), refusedByNode(400)],
    ["a byte that is no ASCII in the target", get.replace("/ ", "/\xff "), refusedByNode(400)],
    ["a space in the target", get.replace("/ ", "/a b "), refusedByNode(400)],
    ["line breaks before the request", `\r\n\r\n${get}`, verified("abc")],
    // The second request on a connection is as good as its own secret.
    [
      "one that is authentic, and one that is not",
      `${get}${get.replace(secret, "")}`,
      {
        ...verified("abc"),
        log: [...verified("abc").log, ...notAuthentic.log],
      },
    ],
    ["one whose body is the next request", smuggled(), notAuthentic],
  ] as const
).map(([name, bytes, outcome]) => ({
  name: `a request of ${name}`,
  function: "receive" as const,
  request: { bytes },
  ...outcome,
}));

/** An authentic request in the body of one that is not: the body is read to its end, never as a request. */
function smuggled(): string {
  const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  return `${head}Content-Length: ${get.length}\r\n\r\n${get}`;
}

/** Whatever credentials come to a private function, Google's front has judged them before: they are not looked at. */
const tokens: readonly Case[] = [granter, reconciler].flatMap((honest) =>
  [
    ["no token", []],
    ["a token that is none", [["Authorization", "Bearer canary-token"]]],
    ["a token of nobody", [["Authorization", `Bearer ${unsigned()}`]]],
    ["a user's credentials", [["Authorization", "Basic Y2FuYXJ5LXRva2Vu"]]],
    ["the hook's secret", AUTHENTIC],
    [
      "the name of a task",
      [
        ["X-CloudTasks-TaskName", "x"],
        ["X-CloudTasks-TaskRetryCount", "canary"],
      ],
    ],
    [
      "the name of a schedule",
      [
        ["X-CloudScheduler", "true"],
        ["X-CloudScheduler-JobName", "../x"],
      ],
    ],
  ].map(([name, others]) => {
    const { body, accepted } = honest.next();
    return {
      name: `${name}, for ${honest.function}`,
      function: honest.function,
      request: { headers: [...json(), ...(others as readonly Header[])], body },
      ...accepted,
    };
  }),
);

function unsigned(): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${encode({ alg: "none" })}.${encode({ email: "canary-token@example.com" })}.`;
}

export const requests: readonly Case[] = [...methods, ...targets, ...headers, ...framings, ...tokens];

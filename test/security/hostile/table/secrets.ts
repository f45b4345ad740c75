import { createHash } from "node:crypto";
import { delivery, signInEvent } from "../../../support/deliveries.ts";
import { type Case, json, line, type Outcome, PERSON, refused, refusedByNode, type Target } from "../case.ts";
import type { Header, RawRequest } from "../raw-http.ts";
import { GROUP, PREVIOUS_SECRET, SECRET } from "../subjects.ts";

const actor = { id: "00uNewcomer", type: "User", alternateId: PERSON.login, displayName: PERSON.name };

/** One sign-in that leads to one membership. */
export const ONE_SIGN_IN = JSON.stringify(delivery(signInEvent({ actor })));

/** What comes of a delivery with one sign-in. */
export const taken = {
  answer: { status: 204, body: "" },
  log: [
    {
      ...line("delivery-taken"),
      deliveryId: "7c1d3a52-0000-4000-8000-000000000001",
      events: 1,
      skipped: 0,
      queued: 1,
      alreadyQueued: 0,
      failed: 0,
    },
  ],
  effects: [`task ${GROUP} 00uNewcomer`],
};

export const verified = (verification: string): Outcome => ({
  answer: { status: 200, body: { verification }, headers: { "content-type": "application/json" } },
  log: [line("challenge-answered")],
});

export const notAuthentic = refused(401, "The Authorization header does not hold the hook secret.", {
  "www-authenticate": "Bearer",
});

type Verdict = "accepted" | "refused" | "no HTTP";

const name = "Authorization";
const secret = (value: string): readonly Header[] => [[name, value]];
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** What a caller might send for the secret. Okta sends exactly what it was given. */
const attempts: readonly (readonly [name: string, headers: readonly Header[], verdict: Verdict])[] = [
  ["the current secret", secret(`Bearer ${SECRET}`), "accepted"],
  ["the secret before the last rotation", secret(`Bearer ${PREVIOUS_SECRET}`), "accepted"],
  ["the name of the header in lower case", [["authorization", `Bearer ${SECRET}`]], "accepted"],
  ["the name of the header in upper case", [["AUTHORIZATION", `Bearer ${SECRET}`]], "accepted"],
  ["white space around the value, which is none of it", secret(` \t Bearer ${SECRET} \t `), "accepted"],
  ["no secret", [], "refused"],
  ["an empty value", secret(""), "refused"],
  ["only white space", secret(" \t "), "refused"],
  ["only the scheme", secret("Bearer"), "refused"],
  ["the scheme and a space", secret("Bearer "), "refused"],
  ["another secret", secret("Bearer s3cret-of-nobody"), "refused"],
  ["another secret of the same length", secret(`Bearer ${"x".repeat(SECRET.length)}`), "refused"],
  ["the secret without its last character", secret(`Bearer ${SECRET.slice(0, -1)}`), "refused"],
  ["the secret without its first character", secret(`Bearer ${SECRET.slice(1)}`), "refused"],
  ["the first character of the secret", secret(`Bearer ${SECRET[0]}`), "refused"],
  ["the secret with something behind it", secret(`Bearer ${SECRET}x`), "refused"],
  ["the secret with something before it", secret(`Bearer x${SECRET}`), "refused"],
  ["the secret with a last character of its own", secret(`Bearer ${SECRET.slice(0, -1)}x`), "refused"],
  ["the secret twice in one", secret(`Bearer ${SECRET}${SECRET}`), "refused"],
  [
    "the previous secret without its last character",
    secret(`Bearer ${PREVIOUS_SECRET.slice(0, -1)}`),
    "refused",
  ],
  ["the secret in upper case", secret(`Bearer ${SECRET.toUpperCase()}`), "refused"],
  ["the scheme in lower case", secret(`bearer ${SECRET}`), "refused"],
  ["the scheme in upper case", secret(`BEARER ${SECRET}`), "refused"],
  ["no scheme", secret(SECRET), "refused"],
  ["the scheme Basic", secret(`Basic ${SECRET}`), "refused"],
  ["Basic credentials", secret(`Basic ${base64(`okta:${SECRET}`)}`), "refused"],
  ["no space behind the scheme", secret(`Bearer${SECRET}`), "refused"],
  ["two spaces behind the scheme", secret(`Bearer  ${SECRET}`), "refused"],
  ["a tab behind the scheme", secret(`Bearer\t${SECRET}`), "refused"],
  ["a space that does not break", secret(`Bearer\xa0${SECRET}`), "refused"],
  ["white space within", secret(`Bearer ${SECRET.slice(0, 5)} ${SECRET.slice(5)}`), "refused"],
  ["quotes", secret(`Bearer "${SECRET}"`), "refused"],
  ["percent encoding", secret(`Bearer %73${SECRET.slice(1)}`), "refused"],
  ["base64 of the secret", secret(`Bearer ${base64(SECRET)}`), "refused"],
  ["a digest of the secret", secret(`Bearer ${digest(SECRET)}`), "refused"],
  ["a digest of the whole value", secret(digest(`Bearer ${SECRET}`)), "refused"],
  ["the word undefined", secret("Bearer undefined"), "refused"],
  ["the word null", secret("Bearer null"), "refused"],
  ["what a JSON object would be as text", secret("Bearer [object Object]"), "refused"],
  ["bytes that are no ASCII", secret(`Bearer ${SECRET}\xff\xfe`), "refused"],
  ["letters that look alike", secret(`Bearer ${utf8("ѕ3cret-оf-the-hооk")}`), "refused"],
  ["a pattern that would match", secret("Bearer .*"), "refused"],
  ["a list with the secret in it", secret(`Bearer wrong, Bearer ${SECRET}`), "refused"],
  ["both secrets, by a comma", secret(`Bearer ${SECRET}, Bearer ${PREVIOUS_SECRET}`), "refused"],
  ["the secret as a parameter", secret(`Bearer token="${SECRET}"`), "refused"],
  ["8 KiB", secret(`Bearer ${"x".repeat(8 * 1024)}`), "refused"],
  ["15 KiB that begin with the secret", secret(`Bearer ${SECRET}${"x".repeat(15 * 1024)}`), "refused"],
  ["a session token of Okta's", secret("SSWS 00token"), "refused"],
  ["the header of a proxy", [["Proxy-Authorization", `Bearer ${SECRET}`]], "refused"],
  ["a header with a prefix", [["X-Authorization", `Bearer ${SECRET}`]], "refused"],
  [
    "the header that Google's front passes on",
    [["X-Serverless-Authorization", `Bearer ${SECRET}`]],
    "refused",
  ],
  ["a cookie", [["Cookie", `Authorization=Bearer ${SECRET}`]], "refused"],
  // Of a header that stands there twice Node takes the first (Node.js, "HTTP": message.headers).
  ["two headers, the first right", [...secret(`Bearer ${SECRET}`), ...secret("Bearer x")], "accepted"],
  ["two headers, the second right", [...secret("Bearer x"), ...secret(`Bearer ${SECRET}`)], "refused"],
  ["two headers, the first empty", [...secret(""), ...secret(`Bearer ${SECRET}`)], "refused"],
  ["the secret twice", [...secret(`Bearer ${SECRET}`), ...secret(`Bearer ${SECRET}`)], "accepted"],
  ["a zero byte behind the secret", secret(`Bearer ${SECRET}\0`), "no HTTP"],
  ["a line break before the secret", secret(`\r\n Bearer ${SECRET}`), "no HTTP"],
  ["a space behind the header's name", [["Authorization ", `Bearer ${SECRET}`]], "no HTTP"],
];

const ways: readonly (readonly [
  way: string,
  request: RawRequest,
  accepted: Omit<Case, "name" | "function" | "request">,
])[] = [
  ["a delivery", { headers: json(), body: ONE_SIGN_IN }, taken],
  ["a verification", { method: "GET", headers: [["X-Okta-Verification-Challenge", "abc"]] }, verified("abc")],
];

const tried: readonly Case[] = ways.flatMap(([way, request, accepted]) =>
  attempts.map(([what, headers, verdict]) => ({
    name: `${way} with ${what}`,
    function: "receive" as const,
    request: { ...request, headers: [...headers, ...(request.headers ?? [])] },
    ...{ accepted, refused: notAuthentic, "no HTTP": refusedByNode(400) }[verdict],
  })),
);

const elsewhere: readonly Case[] = [
  ["in the query", { target: `/?Authorization=Bearer%20${SECRET}` }],
  ["in the address", { target: `http://okta:${SECRET}@function.example/` }],
  ["in a trailer", { bytes: trailer(`Bearer ${SECRET}`) }],
  ["in the body", { body: JSON.stringify({ authorization: `Bearer ${SECRET}` }) }],
].map(([where, request]) => ({
  name: `a delivery with the secret ${where}`,
  function: "receive" as const,
  request: { headers: json(), body: ONE_SIGN_IN, ...(request as RawRequest) },
  ...notAuthentic,
}));

/** Before the first rotation nothing but the one secret counts. */
const notRotated: readonly Case[] = (
  [
    ["the current secret", `Bearer ${SECRET}`, "accepted"],
    ["a previous secret that there is none of", `Bearer ${PREVIOUS_SECRET}`, "refused"],
    ["an empty secret", "Bearer ", "refused"],
    ["the word undefined", "Bearer undefined", "refused"],
  ] as const
).flatMap(([what, value, verdict]) =>
  ways.map(([way, request, accepted]) => ({
    name: `${way} with ${what}, before the first rotation`,
    function: "receive, not rotated" satisfies Target as Target,
    request: { ...request, headers: [...secret(value), ...(request.headers ?? [])] },
    ...(verdict === "accepted" ? accepted : notAuthentic),
  })),
);

export const secrets: readonly Case[] = [...tried, ...elsewhere, ...notRotated];

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Text as its bytes, each of which is sent as one character. */
function utf8(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function trailer(value: string): string {
  const head =
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
  return `${head}Trailer: Authorization\r\n\r\n2\r\n{}\r\n0\r\nAuthorization: ${value}\r\n\r\n`;
}

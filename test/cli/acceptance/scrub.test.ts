import { expect, it } from "vitest";
import { createScrub, shapeOf } from "../../../cli/acceptance/scrub.ts";

const scrub = createScrub([
  ["acme", "ORG"],
  ["acme.okta.com", "HOST"],
  ["correct horse", "SECRET"],
]);

it.each([
  ["of https://acme.okta.com/x", "of https://HOST/x"],
  ["the password correct horse", "the password SECRET"],
  ["jane.doe+1@acme-corp.example signed in", "SOMEBODY@EXAMPLE signed in"],
  ["user 00u1a2b3c4d5e6f7g8h9 in 00gAbCdEfGhIjKlMnOpQ", "user 00uID in 00gID"],
  ["Bearer eyJhbGciOi.eyJzdWIi.c2ln", "CREDENTIAL"],
  ["SSWS 00abcDEF-x_y", "CREDENTIAL"],
  ["the assertion eyJhbGciOi.eyJzdWIi.c2ln", "the assertion TOKEN"],
  ["signin-groups-acceptance-0a1b2c3d-4", "NAME"],
  ["project 415104041262", "project NUMBER"],
  ["9f1c2d3e-0000-4000-8000-123456789abc", "UUID"],
])("takes what is somebody's out of %j", (text, expected) => {
  expect(scrub(text)).toBe(expected);
});

it("keeps of an answer names, types and codes, and no value", () => {
  const answer = {
    id: "00u1a2b3c4d5e6f7g8h9",
    status: "ACTIVE",
    errorCode: "E0000007",
    state: "jane@acme.example",
    type: "a text with spaces",
    count: 3,
    isOpen: true,
    nothing: null,
    cryptoKeyVersions: [{ name: "one" }, { name: "two" }, { name: null }],
    "00g1a2b3c4d5e6f7g8h9": "somebody's",
  };
  expect(shapeOf(answer)).toEqual({
    ...{ id: "string", status: "=ACTIVE", errorCode: "=E0000007", state: "string", type: "string" },
    ...{ count: "number", isOpen: "boolean", nothing: "null" },
    cryptoKeyVersions: [{ name: "string" }, { name: "null" }],
  });
});

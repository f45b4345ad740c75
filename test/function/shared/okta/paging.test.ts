import { describe, expect, it } from "vitest";
import { ForeignLinkError } from "../../../../function/shared/errors.ts";
import { limitOf, nextPage, withLimit } from "../../../../function/shared/okta/paging.ts";

const ORG = "https://acme.okta.com";
const list = { path: "/api/v1/logs", name: "the System Log" };
const page = (link: string | string[] | undefined) =>
  nextPage({ headers: link === undefined ? {} : { link } }, ORG, list);

describe("the next page", () => {
  it.each([
    ["none without a header", undefined, undefined],
    ["none where only the page itself is named", `<${ORG}/api/v1/logs?limit=2>; rel="self"`, undefined],
    ["in a header of its own", [`<${ORG}/a>; rel="self"`, `<${ORG}/api/v1/logs?after=1>; rel="next"`], "1"],
    ["in one header with others", `<${ORG}/a>; rel="self", </api/v1/logs?after=2>; rel=next`, "2"],
  ])("is %s", (_, link, after) => {
    expect(page(link)).toBe(after === undefined ? undefined : `/api/v1/logs?after=${after}`);
  });

  it.each([
    ["another host", "https://evil.example/api/v1/logs?after=1"],
    ["a name before the host", "https://acme@acme.okta.com/api/v1/logs?after=1"],
    ["a password before the host", "https://:acme@acme.okta.com/api/v1/logs?after=1"],
    ["another list", `${ORG}/api/v1/users?after=1`],
    ["the beginning of the list", `${ORG}/api/v1/logs`],
    ["no address", "https://["],
  ])("is not followed to %s", (_, address) => {
    expect(() => page(`<${address}>; rel="next"`)).toThrow(ForeignLinkError);
  });
});

describe("the limit of a page", () => {
  it.each([
    ["/api/v1/logs?limit=20&after=1", 20],
    ["/api/v1/logs?after=1&limit=20", 20],
    ["/api/v1/logs?after=1", 1000],
    ["/api/v1/logs?limit=0", 1],
    ["/api/v1/logs?limit=9999", 1000],
    ["/api/v1/logs?limit=20000", 1000],
  ])("of %s is %i", (path, limit) => {
    expect(limitOf(path, 1000)).toBe(limit);
  });

  it("is replaced where there is one, and added where there is none", () => {
    expect(withLimit("/api/v1/logs?limit=20&after=1", 7)).toBe("/api/v1/logs?limit=7&after=1");
    expect(withLimit("/api/v1/logs?after=1", 7)).toBe("/api/v1/logs?after=1&limit=7");
  });
});

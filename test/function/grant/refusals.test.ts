import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRefusal } from "../../../function/grant/refusals.ts";
import { isOktaError } from "../../../function/shared/okta/client.ts";

/** What may end a task, written down apart from the code: status and error code. */
const ends = ["404 E0000007", "403 E0000038", "501 E0000060"];

const status = fc.oneof(
  fc.integer({ min: 100, max: 599 }),
  fc.constantFrom(200, 400, 401, 403, 404, 409, 421, 425, 429, 451, 501, 503),
);
const code = fc.oneof(
  fc.constantFrom("E0000001", "E0000006", "E0000007", "E0000011", "E0000038", "E0000060", "E0000112"),
  fc.constantFrom("insufficient_scope", "invalid_token", "E00000071", "e0000007", ""),
  fc.string(),
);
const body = fc.oneof(
  code.map((errorCode) => ({ errorCode, errorSummary: "Not found: Resource not found: x (User)" })),
  code.map((error) => ({ error })),
  fc.jsonValue(),
  fc.constant(undefined),
);

describe("what Okta answers", () => {
  it("ends a task only by a known error code at its own status", () => {
    fc.assert(
      fc.property(status, body, (answered, content) => {
        const { kind, refusal } = readRefusal({ status: answered, headers: {}, body: content });
        const errorCode =
          typeof content === "object" && content !== null && Reflect.get(content, "errorCode");
        expect(kind !== "transient").toBe(ends.includes(`${answered} ${String(errorCode)}`));
        // Nothing but a code of Okta's comes out of it, into the log.
        expect(refusal.code).toMatch(/^(E\d{7}|[a-z_]*)$/);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [{ errorCode: "E0000007" }, true],
    [{ error: "invalid_client", error_description: "x" }, true],
    [{ errorCode: "NOT_FOUND" }, false],
    [{ errorCode: 7 }, false],
    [{ error: "Forbidden" }, false],
    [{ error: { errorCode: "E0000007" } }, false],
    [[{ errorCode: "E0000007" }], false],
    ["E0000007", false],
    [undefined, false],
  ])("is its own error, or somebody else's: %j", (content, isOktas) => {
    expect(isOktaError({ body: content })).toBe(isOktas);
  });

  it.each([
    [401, 'Bearer error="invalid_token"', "token-refused"],
    [401, "Bearer", "token-refused"],
    [401, 'Basic realm="proxy"', "foreign"],
    [401, undefined, "foreign"],
    [403, 'Bearer realm="x", error="insufficient_scope"', "scope-missing"],
    [403, 'Basic realm="proxy", error="insufficient_scope"', "foreign"],
  ] as const)("is read from a challenge where it has no body: %i %s", (answered, challenge, reason) => {
    const headers = challenge === undefined ? {} : { "www-authenticate": challenge };
    expect(readRefusal({ status: answered, headers, body: undefined }).refusal.reason).toBe(reason);
  });
});

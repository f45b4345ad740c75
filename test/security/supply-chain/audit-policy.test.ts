import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type Finding,
  judge,
  merge,
  readExceptions,
  readReport,
} from "../../../.github/scripts/audit-policy.ts";

/** Printed by npm 11 for this project, with five made-up advisories. */
const report = JSON.parse(await readFile(join(import.meta.dirname, "audits/findings.json"), "utf8"));
/** Printed by npm 11 when the registry had no such service. */
const refused = {
  message: "405 Method Not Allowed - POST https://registry.example/-/npm/v1/security/advisories/bulk",
  method: "POST",
  uri: "https://registry.example/-/npm/v1/security/advisories/bulk",
  statusCode: 405,
  body: "",
  error: { summary: "", detail: "" },
};
/** Printed by npm 11 in a folder without a lockfile. */
const unlocked = {
  error: {
    code: "ENOLOCK",
    summary: "This command requires an existing lockfile.",
    detail:
      "Try creating one first with: npm i --package-lock-only\nOriginal error: loadVirtual requires existing shrinkwrap file",
  },
};

const finding = (changes: Partial<Finding> = {}): Finding => ({
  advisory: "GHSA-test-test-0001",
  package: "qs",
  place: "deployed",
  severity: "high",
  title: "Test advisory",
  url: "https://github.com/advisories/GHSA-test-test-0001",
  range: "<7",
  ...changes,
});
const exception = {
  advisory: "GHSA-test-test-0001",
  package: "qs",
  place: "deployed",
  reason: "The functions parse no query strings.",
  expires: "2026-03-31",
} as const;
const LINE =
  "high, deployed: qs <7: Test advisory (GHSA-test-test-0001, https://github.com/advisories/GHSA-test-test-0001)";

describe("a report", () => {
  it("has one finding for each advisory, whichever packages use it", () => {
    const found = readReport(report, "development");
    expect(found.map((one) => [one.package, one.advisory, one.severity, one.range])).toEqual([
      ["qs", "GHSA-test-test-0001", "high", "<6.99.0"],
      ["qs", "GHSA-test-test-0002", "low", "*"],
      ["undici", "GHSA-test-test-0004", "moderate", "<8"],
      ["undici", "GHSA-test-test-0005", "high", ">=8"],
      ["vitest", "GHSA-test-test-0003", "critical", "*"],
    ]);
    expect(new Set(found.map(({ place }) => place))).toEqual(new Set(["development"]));
  });

  it("is none when npm could not make it", () => {
    expect(() => readReport(refused, "deployed")).toThrow(/^npm made no audit: 405 Method Not Allowed/);
    expect(() => readReport(unlocked, "deployed")).toThrow(/requires an existing lockfile/);
    expect(() => readReport({ auditReportVersion: 3, vulnerabilities: {} }, "deployed")).toThrow(/version 2/);
    expect(() => readReport({ advisories: {} }, "deployed")).toThrow(/version 2/);
    expect(() => readReport(null, "deployed")).toThrow(/version 2/);
  });

  it("is none of no packages", () => {
    const metadata = { dependencies: { total: 0 } };
    expect(() => readReport({ ...report, metadata }, "deployed")).toThrow(/no packages/);
  });

  it("is not read when it hides what it is about", () => {
    const via = (...what: unknown[]) => ({ ...report, vulnerabilities: { qs: { name: "qs", via: what } } });
    expect(() => readReport(via("express"), "deployed")).toThrow(
      "npm names no advisory for qs by way of express.",
    );
    const { vulnerabilities } = report;
    const [advisory] = vulnerabilities.qs.via;
    expect(readReport(via(advisory), "deployed")).toHaveLength(1);
    expect(() => readReport(via({ ...advisory, severity: "grave" }), "deployed")).toThrow(/severity/);
    expect(() => readReport(via({ ...advisory, url: undefined }), "deployed")).toThrow(/on qs/);
  });

  it("of development does not repeat what is deployed", () => {
    const deployed = finding();
    const other = finding({ place: "development", package: "vitest" });
    expect(merge([deployed], [finding({ place: "development" }), other])).toEqual([deployed, other]);
  });
});

describe("the policy", () => {
  it.each([
    ["deployed", "info", 0],
    ["deployed", "low", 0],
    ["deployed", "moderate", 1],
    ["deployed", "high", 1],
    ["deployed", "critical", 1],
    ["development", "info", 0],
    ["development", "low", 0],
    ["development", "moderate", 0],
    ["development", "high", 1],
    ["development", "critical", 1],
  ] as const)("of what is %s: %s gives %i failures", (place, severity, failures) => {
    const verdict = judge([finding({ place, severity })], [], "2026-03-01");
    expect(verdict.failures).toHaveLength(failures);
    expect(verdict.notes).toHaveLength(1 - failures);
  });

  it("lets an exception stand until the end of its last day", () => {
    expect(judge([finding()], [exception], "2026-03-31")).toEqual({
      failures: [],
      notes: [`${LINE}; until 2026-03-31: The functions parse no query strings.`],
    });
    expect(judge([finding()], [exception], "2026-04-01")).toEqual({
      failures: [`${LINE}; its exception expired on 2026-03-31`],
      notes: [],
    });
  });

  it("takes an exception for nothing but its advisory, package and place", () => {
    for (const changes of [
      { advisory: "GHSA-test-test-0002" },
      { package: "express" },
      { place: "development" },
    ] as const) {
      const { failures } = judge([finding(changes)], [exception], "2026-03-01");
      expect(failures).toHaveLength(2);
      expect(failures[1]).toBe(
        "The exception for GHSA-test-test-0001 in qs (deployed) is no longer needed: take it out.",
      );
    }
  });

  it("fails on an exception that is not needed, also when the advisory would not fail", () => {
    expect(judge([], [exception], "2026-03-01").failures).toHaveLength(1);
    expect(judge([finding({ severity: "low" })], [exception], "2026-03-01").failures).toHaveLength(1);
  });
});

describe("the file of exceptions", () => {
  it("can be read", async () => {
    const file = join(import.meta.dirname, "../../../.github/audit-exceptions.json");
    readExceptions(JSON.parse(await readFile(file, "utf8")));
    expect(readExceptions([exception])).toEqual([exception]);
  });

  it.each([
    [{ ...exception, advisory: undefined }, "Exception 1 needs an advisory"],
    [{ ...exception, advisory: "1098765" }, "Exception 1 needs an advisory"],
    [{ ...exception, package: "" }, "Exception 1 needs the name of a package."],
    [{ ...exception, place: "everywhere" }, "Exception 1 needs a place"],
    [{ ...exception, reason: undefined }, "Exception 1 needs a reason."],
    [{ ...exception, reason: "" }, "Exception 1 needs a reason."],
    [{ ...exception, expires: undefined }, "Exception 1 needs the day"],
    [{ ...exception, expires: "2026-02-30" }, "Exception 1 needs the day"],
    [{ ...exception, expires: "next year" }, "Exception 1 needs the day"],
    [{ ...exception, expiry: "2027-01-01" }, "Exception 1 has what no exception has: expiry."],
    ["GHSA-test-test-0001", "Exception 1 "],
  ])("is refused with %j", (entry, message) => {
    expect(() => readExceptions([entry])).toThrow(message);
  });

  it("is a list", () => expect(() => readExceptions({})).toThrow(/list/));
});

import { expect, it } from "vitest";
import {
  narrowerPermissions,
  narrowerScopes,
  narrowerStandardRoles,
} from "../../../sandbox/okta/auth/rights.ts";

it("a scope that manages is wider than the one that reads the same", () => {
  expect(narrowerScopes("okta.groups.manage")).toEqual(["okta.groups.read"]);
  expect(narrowerScopes("okta.groups.read")).toEqual([]);
  expect(narrowerScopes("okta.logs.read")).toEqual([]);
});

it("a permission that manages is wider than the one that reads the same", () => {
  expect(narrowerPermissions("okta.groups.manage")).toEqual(["okta.groups.read"]);
  expect(narrowerPermissions("okta.groups.members.manage")).toEqual([]);
});

it("a standard role is wider than one that has some of its rights only", () => {
  expect(narrowerStandardRoles("SUPER_ADMIN")).toHaveLength(8);
  expect(narrowerStandardRoles("READ_ONLY_ADMIN")).toContain("REPORT_ADMIN");
  expect(narrowerStandardRoles("READ_ONLY_ADMIN")).not.toContain("GROUP_MEMBERSHIP_ADMIN");
  expect(narrowerStandardRoles("REPORT_ADMIN")).toEqual([
    "APP_ADMIN",
    "HELP_DESK_ADMIN",
    "API_ACCESS_MANAGEMENT_ADMIN",
  ]);
  // A custom one is none of them.
  expect(narrowerStandardRoles("CUSTOM")).toEqual([]);
});

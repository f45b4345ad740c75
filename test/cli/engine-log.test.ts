import { expect, it } from "vitest";
import { readEventLog } from "../../cli/engine-log.ts";

function step(op: string, name: string, { type = "a:b:C", custom = true, side = "new" } = {}) {
  const urn = `urn:pulumi:dev::project::${type}::${name}`;
  return { resOutputsEvent: { metadata: { op, urn, type, [side]: { custom } } } };
}

const log = (...events: unknown[]) =>
  readEventLog(events.map((event) => `${JSON.stringify(event)}\n`).join(""));

it("an empty log is nothing done", () => {
  expect(readEventLog("")).toEqual({
    operations: { create: [], update: [], replace: [], delete: [], same: 0 },
    diagnostics: [],
  });
});

it("counts each resource by what became of it", () => {
  const { operations } = log(
    { preludeEvent: { config: {} } },
    { resourcePreEvent: step("create", "begun").resOutputsEvent },
    step("create", "b"),
    step("create", "a"),
    step("create", "a", { type: "a:b:D" }),
    step("update", "name::with colons"),
    step("create-replacement", "d"),
    step("replace", "d"),
    step("delete-replaced", "d"),
    step("delete", "e", { side: "old" }),
    step("same", "f"),
    step("same", "g"),
    { resOpFailedEvent: { metadata: step("create", "failed").resOutputsEvent.metadata } },
  );

  expect(operations).toEqual({
    create: ["a", "a", "b"],
    update: ["name::with colons"],
    replace: ["d"],
    delete: ["e"],
    same: 2,
  });
});

it("leaves out the stack, components and providers", () => {
  const { operations } = log(
    step("create", "stack", { type: "pulumi:pulumi:Stack", custom: false }),
    step("create", "component", { custom: false }),
    step("create", "provider", { type: "pulumi:providers:gcp" }),
    step("same", "provider", { type: "pulumi:providers:gcp" }),
  );

  expect(operations).toEqual({ create: [], update: [], replace: [], delete: [], same: 0 });
});

it("returns errors and warnings, without the engine's marks of colour", () => {
  const { diagnostics } = log(
    { diagnosticEvent: { severity: "error", message: "<{%reset%}>it <{%bold%}>broke<{%reset%}>\n" } },
    { diagnosticEvent: { severity: "warning", message: "careful" } },
    { diagnosticEvent: { severity: "info", message: "by the way" } },
  );

  expect(diagnostics).toEqual([
    { severity: "error", message: "it broke" },
    { severity: "warning", message: "careful" },
  ]);
});

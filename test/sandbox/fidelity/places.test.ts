import { describe, expect, it } from "vitest";
import { findPlaces } from "../../../sandbox/fidelity/places.ts";

const BLOCK = "/**\n * @decision It is so.\n */";

function places(source: string, others: Readonly<Record<string, string>> = {}) {
  const sources = new Map([["sandbox/okta/a.ts", source], ...Object.entries(others)]);
  return findPlaces(sources).map(({ kind, covered }) => `${kind} ${covered ? "covered" : "uncovered"}`);
}

describe("the places that decide", () => {
  it("are routes, and a block on the function that adds them covers none", () => {
    expect(
      places(`${BLOCK}
        function add(routes: Routes) {
          routes.get("/a", () => 1);
          ${BLOCK}
          routes.post("/a", () => 2);
        }`),
    ).toEqual(["route uncovered", "route covered"]);
  });

  it("are refusals, which a block on the statement, the route or the named function around them covers", () => {
    expect(
      places(`
        function check() { throw new OktaError(400); }
        ${BLOCK}
        function decided() { if (true) throw new OktaError(400); }
        function half() {
          if (true) throw new OktaError(400);
          ${BLOCK}
          if (true) throw new OktaError(400);
        }
        ${BLOCK}
        routes.get("/a", () => { throw new OktaError(400); });`),
    ).toEqual([
      "refusal uncovered",
      "refusal covered",
      "refusal uncovered",
      "refusal covered",
      "route covered",
      "refusal covered",
    ]);
  });

  it("are not covered by a block on an outer function or on the function that makes the error", () => {
    expect(
      places(`
        ${BLOCK}
        function missing(): OktaError { return new OktaError(404); }
        ${BLOCK}
        function outer() {
          const inner = () => { throw missing(); };
        }`),
    ).toEqual(["refusal covered", "refusal uncovered"]);
  });

  it("are covered by the reason why the sandbox decides for itself, and not without one", () => {
    expect(
      places(`
        /** @own A test switches it on. */
        function told() { throw new OktaError(500); }
        /** @own */
        function unsaid() { throw new OktaError(500); }`),
    ).toEqual(["refusal covered", "refusal uncovered"]);
  });

  it("are refusals in other words: a failing status, a failed delivery, a dropped task", () => {
    expect(
      places(`
        response.writeHead(503);
        response.writeHead(200);
        const refusal = { status: 403 };
        recordHookEvent(org, "delivery", hook, reason);
        tell("dropped", task);`),
    ).toEqual(Array(4).fill("refusal uncovered"));
  });

  it("are entries of a list of routes, which a block on the handler covers, here or where it is imported from", () => {
    const source = `
      import { away } from "./b.ts";
      ${BLOCK}
      function here() {}
      function bare() {}
      const list = [
        { method: "GET", handle: here },
        { method: "GET", handle: (call) => away(call) },
        { method: "GET", handle: bare },
        ${BLOCK}
        { method: "GET", handle: bare },
      ];`;
    expect(places(source, { "sandbox/okta/b.ts": `${BLOCK}\nexport function away() {}` })).toEqual([
      "route covered",
      "route covered",
      "route uncovered",
      "route covered",
    ]);
  });

  it("are handlers of resources, which a block on them or in them covers", () => {
    expect(
      places(`
        function one(): ResourceHandler { return { create() {} }; }
        ${BLOCK}
        function two(): ResourceHandler { return { create() {} }; }
        function three(): ResourceHandler { return {
          ${BLOCK}
          create() {}
        }; }`),
    ).toEqual(["handler uncovered", "handler covered", "handler covered"]);
  });
});

import { expect, it } from "vitest";
import { PartialCreateError, type ResourceState } from "../../../../sandbox/deploy/handler.ts";
import { startReceiver } from "../../okta/receiver.ts";
import { appInputs, deployApp, hookInputs, startDeployer, type TYPES } from "./deployment.ts";

const START = Date.parse("2026-01-05T10:00:30.250Z");

/** A deployer whose pauses take no time, and are counted. */
async function startPatient() {
  const pauses: number[] = [];
  let now = START;
  const deployer = await startDeployer({
    pause: 100,
    now: () => now,
    async sleep(milliseconds) {
      pauses.push(milliseconds);
      now += milliseconds;
    },
  });
  return { ...deployer, pauses };
}

/** What a creation that failed half-way left in the state. */
async function stateOf(creation: Promise<unknown>): Promise<ResourceState> {
  const error = await creation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof PartialCreateError) return error.state;
  throw new Error("nothing was left", { cause: error });
}

it("a call beyond the rate limit is repeated when the limit is reset", async () => {
  const { create, okta, pauses } = await startPatient();
  let refusals = 2;
  okta.faults.refuse = (method) => {
    if (method !== "POST" || refusals === 0) return undefined;
    refusals -= 1;
    return { status: 429, headers: { "x-rate-limit-reset": String(Math.ceil(START / 1000) + 60) } };
  };

  await create("group", "users", { name: "Users" });
  expect(pauses).toEqual([60_750, 0]);
  const calls = okta.noticesOf("request").map(({ method, status }) => `${method} ${status}`);
  expect(calls.slice(2)).toEqual(["POST 429", "POST 429", "POST 200", "GET 200", "GET 200"]);
});

it("a call beyond the rate limit is given up after six attempts", async () => {
  const { create, okta, pauses } = await startPatient();
  okta.faults.refuse = (method) => (method === "POST" ? { status: 429 } : undefined);

  await expect(create("group", "users", {})).rejects.toThrow("POST /api/v1/groups: too many requests");
  expect(okta.noticesOf("request").filter(({ method }) => method === "POST")).toHaveLength(6);
  expect(pauses).toEqual([100, 100, 100, 100, 100]);
});

it.each([500, 503, 403])("%d is not repeated", async (status) => {
  const { create, okta, pauses } = await startPatient();
  okta.faults.refuse = (method) => (method === "POST" ? { status } : undefined);

  await expect(create("group", "users", {})).rejects.toThrow(`POST /api/v1/groups: ${status}`);
  expect(okta.noticesOf("request").filter(({ method }) => method === "POST")).toHaveLength(1);
  expect(pauses).toEqual([]);
});

it("a new group that is not to be seen yet is waited for", async () => {
  const { create, okta, pauses } = await startPatient();
  let hidden = 3;
  okta.faults.refuse = (method, path) => {
    if (method !== "GET" || !path.startsWith("/api/v1/groups/") || hidden === 0) return undefined;
    hidden -= 1;
    return { status: 404 };
  };

  const group = await create("group", "users", { name: "Users" });
  expect(group.outputs["name"]).toBe("Users");
  expect(pauses).toEqual([100, 150, 225]);
});

it("a new group that never shows is lost: it stays in the org, and is not in the state", async () => {
  const { create, okta, pauses } = await startPatient();
  okta.faults.refuse = (method, path) =>
    method === "GET" && path.startsWith("/api/v1/groups/") ? { status: 404 } : undefined;

  const error: unknown = await create("group", "users", { name: "Users" }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ message: expect.stringContaining("404") });
  expect(error).not.toBeInstanceOf(PartialCreateError);
  expect(pauses).toHaveLength(7);
  expect(okta.leftovers()).toEqual([expect.stringContaining('group "Users"')]);
});

it("a new group that cannot be read for another reason than 404 is not waited for", async () => {
  const patient = await startPatient();
  const { okta, pauses } = patient;
  okta.faults.refuse = (asked) => (asked === "GET" ? { status: 500 } : undefined);

  await expect(patient.create("group", "more", {})).rejects.toThrow("500");
  expect(pauses).toEqual([]);
});

it("the deletion of an app that is not there fails only after all tries", async () => {
  const { delete: remove, pauses } = await startPatient();

  await expect(remove("app", { id: "none", outputs: { status: "ACTIVE" } })).rejects.toThrow("404");
  expect(pauses).toHaveLength(7);
});

it.each([500, 403])("the deletion of an app is repeated while Okta answers with %d", async (status) => {
  const patient = await startPatient();
  const { okta, pauses } = patient;
  const { app } = await deployApp(patient);
  let stumbles = 3;
  okta.faults.refuse = (method) => {
    if (method === "GET" || stumbles === 0) return undefined;
    stumbles -= 1;
    return { status };
  };

  await patient.delete("app", app);
  expect(pauses).toEqual([100, 150, 225]);
  expect(okta.leftovers().filter((leftover) => leftover.startsWith("app"))).toEqual([]);
});

it("an app of which a later call fails stays in the state, without its client id, until an update", async () => {
  const deployer = await startDeployer();
  const { okta, create, update, refresh } = deployer;
  okta.faults.refuse = (method, path) =>
    method === "POST" && path.endsWith("/idToken") ? { status: 403 } : undefined;
  const inputs = appInputs(deployer.key);

  const state = await stateOf(create("app", "app", inputs));
  expect(state).toEqual({
    id: expect.stringMatching(/^0oa/),
    outputs: { ...inputs, status: "ACTIVE" },
  });
  okta.faults.refuse = undefined;
  const updated = await update("app", { ...state, inputs }, inputs);
  expect(updated).toMatchObject({ id: state.id, outputs: { clientId: state.id } });
  expect(await refresh("app", updated)).toEqual(updated);
});

const halfMade: readonly (readonly [keyof typeof TYPES, RegExp])[] = [
  ["hook", /^\/api\/v1\/eventHooks\/who/],
  ["resourceSet", /^\/api\/v1\/iam\/resource-sets\/iam/],
];
it.each(halfMade)("so does what cannot be read back: %s", async (type, paths) => {
  const { okta, create, delete: remove } = await startDeployer();
  okta.faults.refuse = (method, path) => (method === "GET" && paths.test(path) ? { status: 500 } : undefined);
  const inputs =
    type === "hook"
      ? hookInputs("https://hooks.example.com/")
      : { label: "S", description: "S", resources: [`${okta.url}/api/v1/users`] };

  const state = await stateOf(create(type, "mine", inputs));
  okta.faults.refuse = undefined;
  await remove(type, state);
  expect(okta.leftovers()).toEqual([]);
});

it("a hook that stopped to answer fails the update that is to verify it", async () => {
  const { create, update } = await startDeployer();
  const receiver = await startReceiver();
  const hook = await create("hook", "hook", hookInputs(receiver.url));
  const verification = await create("verification", "verification", { eventHookId: hook.id });
  receiver.behave((response) => response.writeHead(401).end());

  await expect(update("verification", verification, verification.inputs)).rejects.toThrow(
    /^failed to verify event hook sender: .*execution failed/,
  );
});

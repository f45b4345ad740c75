import { afterAll, beforeAll, expect, it } from "vitest";
import { ALL_SERVICES, type Local, PARENT, PROJECT, REGION, startLocal } from "./local.ts";

const SECRETS = `/v1/projects/${PROJECT}/secrets`;
const elsewhere = PARENT.replace(REGION, "us-east1");
const replicas = (...locations: string[]) => ({
  replication: { userManaged: { replicas: locations.map((location) => ({ location })) } },
});

let local: Local;
beforeAll(async () => {
  local = await startLocal(ALL_SERVICES, undefined, { allowedLocations: [REGION] });
});
afterAll(() => local.google.close());

it("refuses a secret that is replicated automatically, or outside the allowed locations, by the real service's words", async () => {
  const inside = await local.call("POST", `${SECRETS}?secretId=inside`, replicas(REGION));
  expect(inside.status).toBe(200);
  for (const [body, where] of [
    [{ replication: { automatic: {} } }, "global"],
    [replicas(REGION, "us-east1"), "us-east1"],
  ] as const) {
    const { status, body: answer } = await local.call("POST", `${SECRETS}?secretId=outside`, body);
    expect([status, answer.error.status]).toEqual([400, "FAILED_PRECONDITION"]);
    expect(answer.error.message).toBe(
      `Constraint constraints/gcp.resourceLocations violated for [orgpolicy:projects/${local.google.projectNumber}] attempting to create a secret in [${where}].`,
    );
  }
});

it.each([
  ["a key ring", `/v1/${elsewhere}/keyRings?keyRingId=ring`, {}],
  ["a queue", `/v2/${elsewhere}/queues`, { name: `${elsewhere}/queues/queue` }],
  ["a job", `/v1/${elsewhere}/jobs`, { name: `${elsewhere}/jobs/job`, schedule: "* * * * *" }],
  ["a repository", `/v1/${elsewhere}/repositories?repositoryId=images`, { format: "DOCKER" }],
  ["a function", `/v2/${elsewhere}/functions?functionId=receive`, {}],
  ["a bucket", `/storage/v1/b?project=${PROJECT}`, { name: "a-bucket", location: "US-EAST1" }],
  ["a bucket without a location", `/storage/v1/b?project=${PROJECT}`, { name: "a-bucket" }],
])("refuses %s outside the allowed locations", async (_kind, path, body) => {
  const answer = await local.call("POST", path, body);
  expect(answer.body.error.message).toContain("Constraint constraints/gcp.resourceLocations violated");
});

it("refuses a queue where Cloud Tasks is not offered, by the real service's words", async () => {
  const place = PARENT.replace(REGION, "europe-west4");
  const answer = await local.call("POST", `/v2/${place}/queues`, { name: `${place}/queues/queue` });
  expect([answer.body.error.status, answer.body.error.message]).toEqual([
    "INVALID_ARGUMENT",
    "Location 'europe-west4' is not a valid location. Use ListLocations to list valid locations.",
  ]);
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { machineTimers } from "../../../sandbox/google/timers.ts";
import { type Local, PARENT, PROJECT, REGION, startLocal } from "./local.ts";

const DAY = 86_400_000;
const DATASETS = `/bigquery/v2/projects/${PROJECT}/datasets`;
const SINKS = `/v2/projects/${PROJECT}/sinks`;
const TOPICS = `/v1/projects/${PROJECT}/topics`;
const QUEUE = `/v2/${PARENT}/queues/q`;

let local: Local;
/** How far the cloud's clock is ahead of this machine's. */
let ahead = 0;
const call: Local["call"] = (...call) => local.call(...call);

beforeAll(async () => {
  local = await startLocal(undefined, { ...machineTimers, now: () => Date.now() + ahead });
  await call("POST", `/v2/${PARENT}/queues`, {
    name: QUEUE.slice(4),
    stackdriverLoggingConfig: { samplingRatio: 1 },
  });
  await call("POST", `${QUEUE}:pause`, {});
});
afterAll(() => local.google.close());
beforeEach(() => {
  ahead = 0;
});

const sinkTo = (name: string, destination: string) => ({
  name,
  destination,
  filter: 'resource.type="cloud_tasks_queue" AND resource.labels.queue_id="q"',
});

/** Has an entry written into the log: a task is created. */
async function writeEntry(): Promise<void> {
  const task = { httpRequest: { url: "http://127.0.0.1:9" } };
  expect((await call("POST", `${QUEUE}/tasks`, { task })).status).toBe(200);
}

describe("a log sink", () => {
  it("is refused with another destination than a dataset or a topic, with a filter that can't be read, and with a wrong name", async () => {
    const good = sinkTo("s", `bigquery.googleapis.com/projects/${PROJECT}/datasets/d`);
    for (const wrong of [
      { ...good, destination: "example.com/x" },
      { ...good, destination: "pubsub.googleapis.com/topics/t" },
      { ...good, filter: "=" },
      { ...good, name: "a/b" },
    ]) {
      expect((await call("POST", SINKS, wrong)).status).toBe(400);
    }
  });

  it("writes as the project's service agent, or as the account that all projects share", async () => {
    const sink = sinkTo("own", `bigquery.googleapis.com/projects/${PROJECT}/datasets/later`);
    const own = await call("POST", `${SINKS}?uniqueWriterIdentity=true`, sink);
    const { projectNumber } = local.google;
    const agent = `serviceAccount:service-${projectNumber}@gcp-sa-logging.iam.gserviceaccount.com`;
    expect(own).toMatchObject({ status: 200, body: { name: "own", writerIdentity: agent } });
    const shared = await call("POST", SINKS, { ...sink, name: "shared" });
    expect(shared.body.writerIdentity).toBe("serviceAccount:cloud-logs@system.gserviceaccount.com");
    for (const name of ["own", "shared"]) expect((await call("DELETE", `${SINKS}/${name}`)).status).toBe(200);
    expect((await call("DELETE", `${SINKS}/own`)).status).toBe(404);
  });

  it("fills a dataset while it may and is not disabled, and a day's entries go after the table's own expiration", async () => {
    const dataset = `projects/${PROJECT}/datasets/records`;
    const body = {
      datasetReference: { datasetId: "records" },
      location: REGION,
      defaultPartitionExpirationMs: 2 * DAY,
    };
    expect((await call("POST", DATASETS, body)).body).toMatchObject({
      defaultPartitionExpirationMs: String(2 * DAY),
      access: expect.arrayContaining([{ role: "READER", specialGroup: "projectReaders" }]),
    });
    expect((await call("POST", DATASETS, body)).status).toBe(409);
    const sink = sinkTo("to-dataset", `bigquery.googleapis.com/${dataset}`);
    const { writerIdentity } = (await call("POST", `${SINKS}?uniqueWriterIdentity=true`, sink)).body;
    const held = () => local.google.exportedTo(dataset).length;

    await writeEntry();
    expect(held(), "without the right").toBe(0);
    expect(local.notices.at(-1)).toEqual({
      kind: "request",
      method: "POST",
      path: `${QUEUE}/tasks`,
      status: 200,
      principal: "owner",
      permission: "cloudtasks.tasks.create",
    });
    expect(local.notices.findLast(({ kind }) => kind === "export")).toMatchObject({
      sink: "to-dataset",
      isTaken: false,
    });
    await local.grant(`/v1/projects/${PROJECT}`, "roles/bigquery.dataEditor", writerIdentity);
    await writeEntry();
    expect(held(), "with the right").toBe(1);

    const change = (fields: object) =>
      call(
        "PATCH",
        `${SINKS}/to-dataset?uniqueWriterIdentity=true&updateMask=${Object.keys(fields)}`,
        fields,
      );
    expect((await change({ disabled: true })).body.writerIdentity).toBe(writerIdentity);
    await writeEntry();
    expect(held(), "disabled").toBe(1);
    await change({ disabled: false });

    // A longer time counts for new tables only, and the list of access goes with the rest.
    const replaced = await call("PUT", `${DATASETS}/records`, {
      ...body,
      defaultPartitionExpirationMs: 30 * DAY,
      access: [{ role: "OWNER", specialGroup: "projectOwners" }],
    });
    expect(replaced.body).toMatchObject({ access: [{ role: "OWNER" }], location: REGION });
    await writeEntry();
    expect(held()).toBe(2);
    ahead = DAY;
    expect(held(), "after a day").toBe(2);
    ahead = 2 * DAY;
    expect(held(), "after two").toBe(0);

    expect(await call("DELETE", `${DATASETS}/records`)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining("is still in use") } },
    });
    expect((await call("DELETE", `${DATASETS}/records?deleteContents=true`)).status).toBe(204);
    await writeEntry();
    expect(held(), "where nothing is").toBe(0);
    await call("DELETE", `${SINKS}/to-dataset`);
  });

  it("publishes to a topic, which keeps messages for its own time", async () => {
    const topic = `projects/${PROJECT}/topics/records`;
    const storage = { allowedPersistenceRegions: [REGION] };
    for (const wrong of [
      { messageRetentionDuration: "599s" },
      { messageRetentionDuration: `${32 * 86_400}s` },
      { messageStoragePolicy: { allowedPersistenceRegions: ["mars"] } },
    ]) {
      expect((await call("PUT", `${TOPICS}/records`, wrong)).status).toBe(400);
    }
    expect((await call("PUT", `${TOPICS}/goog-records`, {})).status).toBe(400);
    const given = { messageRetentionDuration: "86400s", messageStoragePolicy: storage };
    expect((await call("PUT", `${TOPICS}/records`, given)).body).toMatchObject({ name: topic, ...given });
    expect((await call("PUT", `${TOPICS}/records`, given)).status).toBe(409);
    const sink = sinkTo("to-topic", `pubsub.googleapis.com/${topic}`);
    const { writerIdentity } = (await call("POST", `${SINKS}?uniqueWriterIdentity=true`, sink)).body;

    await writeEntry();
    expect(local.google.exportedTo(topic)).toEqual([]);
    expect((await local.grant(`/v1/${topic}`, "roles/run.invoker", writerIdentity)).status).toBe(400);
    expect((await local.grant(`/v1/${topic}`, "roles/pubsub.publisher", writerIdentity)).status).toBe(200);
    await writeEntry();
    expect(local.google.exportedTo(topic)).toMatchObject([{ resource: { type: "cloud_tasks_queue" } }]);
    const longer = { topic: { messageRetentionDuration: "172800s" } };
    await call("PATCH", `${TOPICS}/records?updateMask=messageRetentionDuration`, longer);
    ahead = DAY + 60_000;
    expect(local.google.exportedTo(topic)).toHaveLength(1);
    ahead = 2 * DAY + 60_000;
    expect(local.google.exportedTo(topic)).toEqual([]);
    expect((await call("DELETE", `${TOPICS}/records`)).status).toBe(200);
    expect((await call("GET", `${TOPICS}/records`)).status).toBe(404);
    await call("DELETE", `${SINKS}/to-topic`);
  });
});

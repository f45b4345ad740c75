import { CloudTasksClient } from "@google-cloud/tasks";
import { GoogleAuth, OAuth2Client } from "google-auth-library";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Local, PARENT, PROJECT, REGION, startLocal } from "../local.ts";
import { startTarget } from "./target.ts";

let local: Local;
let client: CloudTasksClient;

beforeAll(async () => {
  local = await startLocal();
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: local.google.deployerToken });
  const { hostname, port } = new URL(local.google.url);
  client = new CloudTasksClient({
    fallback: true,
    protocol: "http",
    apiEndpoint: hostname,
    port: Number(port),
    auth: new GoogleAuth({ authClient, projectId: PROJECT }),
  });
});
afterAll(async () => {
  await client.close();
  await local.google.close();
});

/** The codes of google.rpc.Code. */
const ALREADY_EXISTS = 6;
const NOT_FOUND = 5;
const INVALID_ARGUMENT = 3;

it("Google's own client makes a queue, tasks of which a second is refused, lists and deletes them", async () => {
  const parent = client.locationPath(PROJECT, REGION);
  const name = client.queuePath(PROJECT, REGION, "by-client");
  const [queue] = await client.createQueue({
    parent,
    queue: {
      name,
      rateLimits: { maxConcurrentDispatches: 3 },
      retryConfig: { maxAttempts: 5, minBackoff: { seconds: 2 } },
    },
  });
  expect(queue.rateLimits).toMatchObject({
    maxConcurrentDispatches: 3,
    maxDispatchesPerSecond: 500,
    maxBurstSize: 100,
  });
  expect(queue.retryConfig).toMatchObject({ maxAttempts: 5, minBackoff: { seconds: "2" } });
  await client.pauseQueue({ name });
  expect((await client.getQueue({ name }))[0].state).toBe("PAUSED");

  const task = {
    name: client.taskPath(PROJECT, REGION, "by-client", "one"),
    httpRequest: {
      url: "http://127.0.0.1:9/never",
      httpMethod: "PUT" as const,
      headers: { "content-type": "text/plain" },
      body: Buffer.from("hello"),
    },
    scheduleTime: { seconds: Math.floor(Date.now() / 1000) + 3600 },
  };
  const [made] = await client.createTask({ parent: name, task, responseView: "FULL" });
  expect(made).toMatchObject({ name: task.name, view: "FULL", httpRequest: { httpMethod: "PUT" } });
  expect(made.httpRequest?.body).toEqual(Buffer.from("hello"));
  await expect(client.createTask({ parent: name, task })).rejects.toMatchObject({ code: ALREADY_EXISTS });

  const [unnamed] = await client.createTask({
    parent: name,
    task: { httpRequest: { url: "http://127.0.0.1:9/" } },
  });
  expect(unnamed.name).toMatch(new RegExp(`^${name}/tasks/\\w+$`));
  expect(unnamed.view).toBe("BASIC");
  const [tasks] = await client.listTasks({ parent: name });
  expect(tasks.map((one) => one.name).sort()).toEqual([task.name, unnamed.name].sort());
  expect(tasks.every((one) => one.httpRequest?.body?.length === 0)).toBe(true);
  expect(
    (await client.getTask({ name: task.name, responseView: "FULL" }))[0].httpRequest?.body,
  ).not.toHaveLength(0);

  await client.deleteTask({ name: task.name });
  await expect(client.getTask({ name: task.name })).rejects.toMatchObject({ code: NOT_FOUND });
  await client.purgeQueue({ name });
  expect((await client.listTasks({ parent: name }))[0]).toEqual([]);
  await expect(client.createTask({ parent: name, task })).rejects.toMatchObject({ code: ALREADY_EXISTS });
  await client.deleteQueue({ name });
  await expect(client.getQueue({ name })).rejects.toMatchObject({ code: NOT_FOUND });
  await expect(client.createQueue({ parent, queue: { name } })).rejects.toThrow(/existed too recently/);
});

it("what Google's client asks wrongly is refused with the code it knows", async () => {
  const parent = client.queuePath(PROJECT, REGION, "strict");
  await client.createQueue({ parent: client.locationPath(PROJECT, REGION), queue: { name: parent } });
  const task = { name: `${parent}/tasks/a.b`, httpRequest: { url: "http://127.0.0.1:9/" } };
  await expect(client.createTask({ parent, task })).rejects.toMatchObject({ code: INVALID_ARGUMENT });
});

it("a task that Google's client made is dispatched", async () => {
  const target = await startTarget();
  const parent = `${PARENT}/queues/dispatches`;
  await client.createQueue({ parent: PARENT, queue: { name: parent } });
  await client.createTask({
    parent,
    task: { httpRequest: { url: `${target.url}/x`, body: Buffer.from("payload") } },
  });
  await local.google.idle();
  expect(target.received).toMatchObject([{ method: "POST", url: "/x" }]);
  expect(target.received[0]?.body.toString()).toBe("payload");
});

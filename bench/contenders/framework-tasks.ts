/** functions-framework and Google's client for Cloud Tasks, over REST: a stub that speaks gRPC would be slower than the client. */
import { http } from "@google-cloud/functions-framework";
import { CloudTasksClient } from "@google-cloud/tasks";
import { ANSWER_WITHIN, isAuthentic, type SignIn, signInsOf, taskOf } from "./hook.ts";

const { hostname, port } = new URL(process.env["CLOUD_TASKS_ENDPOINT"] ?? "");
const tasks = new CloudTasksClient({
  fallback: true,
  protocol: "http",
  apiEndpoint: hostname,
  port: Number(port),
});
const parent = process.env["QUEUE"] ?? "";

http("receive", async (request, response) => {
  if (!isAuthentic(request.headers.authorization)) {
    response.sendStatus(401);
    return;
  }
  if (request.method === "GET") {
    response.json({ verification: request.headers["x-okta-verification-challenge"] });
    return;
  }
  let signIns: SignIn[];
  try {
    signIns = signInsOf(request.body);
  } catch {
    response.sendStatus(400);
    return;
  }
  const ended = await Promise.allSettled(
    signIns.map((signIn) => tasks.createTask({ parent, task: taskOf(signIn) }, { timeout: ANSWER_WITHIN })),
  );
  response.sendStatus(ended.every(({ status }) => status === "fulfilled") ? 204 : 503);
});

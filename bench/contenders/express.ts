/** Express and Okta's SDK: one service with the hook, and with the target of its tasks. */
import { Client } from "@okta/okta-sdk-nodejs";
import express from "express";
import { enqueueByFetch } from "./fetch-queue.ts";
import { isAuthentic, MAXIMUM_BODY, type SignIn, signInsOf } from "./hook.ts";

const okta = new Client({
  orgUrl: process.env["OKTA_ORG_URL"] ?? "",
  token: process.env["OKTA_API_TOKEN"] ?? "",
});

const app = express();
app.use((request, response, next) => {
  if (isAuthentic(request.headers.authorization)) next();
  else response.sendStatus(401);
});
app.get("/", (request, response) => {
  response.json({ verification: request.headers["x-okta-verification-challenge"] });
});
app.post("/", express.json({ limit: MAXIMUM_BODY }), async (request, response) => {
  let signIns: SignIn[];
  try {
    signIns = signInsOf(request.body);
  } catch {
    response.sendStatus(400);
    return;
  }
  const ended = await Promise.allSettled(signIns.map(enqueueByFetch));
  response.sendStatus(ended.every(({ status }) => status === "fulfilled") ? 204 : 503);
});
app.post("/grant", express.json(), async (request, response) => {
  const { groupId, userId } = request.body;
  await okta.groupApi.assignUserToGroup({ groupId, userId });
  response.sendStatus(204);
});
app.listen(Number(process.env["PORT"]));

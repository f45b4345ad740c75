/**
 * The hook of samples and tutorials, on functions-framework: it adds each user itself, with an API token, and answers 204
 * whatever came of it.
 */
import { http } from "@google-cloud/functions-framework";
import { ANSWER_WITHIN, isAuthentic, signInsOf } from "./hook.ts";

const { OKTA_ORG_URL = "", OKTA_API_TOKEN = "", GROUP_ID = "" } = process.env;

http("receive", async (request, response) => {
  if (!isAuthentic(request.headers.authorization)) {
    response.sendStatus(401);
    return;
  }
  if (request.method === "GET") {
    response.json({ verification: request.headers["x-okta-verification-challenge"] });
    return;
  }
  const puts = signInsOf(request.body).map(async ({ userId }) => {
    const answer = await fetch(`${OKTA_ORG_URL}/api/v1/groups/${GROUP_ID}/users/${userId}`, {
      method: "PUT",
      headers: { authorization: `SSWS ${OKTA_API_TOKEN}` },
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    await answer.text();
  });
  await Promise.allSettled(puts);
  response.sendStatus(204);
});

import { deploy, source } from "./functions/deployed.ts";
import type { Local } from "./local.ts";

/** What an API answered to a function. */
export interface AnswerToFunction {
  readonly status: number;
  readonly generation: string | null;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: as in Answer
  readonly body: any;
}

/** Calls the APIs as a service account: a function that has the account calls them with a token of its own. */
export type CallAs = (method: string, path: string, body?: unknown) => Promise<AnswerToFunction>;

/** Calls an API as the body of the request says. */
const SOURCE = source(`async (request, response) => {
  const { method, path, body } = request.body;
  const base = "http://" + process.env.GCE_METADATA_HOST + "/computeMetadata/v1/instance/service-accounts/default/token";
  const { access_token } = await (await fetch(base, { headers: { "Metadata-Flavor": "Google" } })).json();
  const answer = await fetch(process.env.CLOUD_STORAGE_ENDPOINT + path, {
    method,
    headers: { authorization: "Bearer " + access_token, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  response.json({ status: answer.status, generation: answer.headers.get("x-goog-generation"), text: await answer.text() });
}`);

/** Deploys a function that has an account of its own. @returns the account's email, and what calls as it */
export async function accountThatCalls(
  local: Local,
  id: string,
): Promise<{ readonly email: string; readonly call: CallAs }> {
  const builder = await local.account(`${id}-builder`, "roles/cloudbuild.builds.builder");
  const email = await local.account(id);
  const { url } = await deploy(local, builder, id, SOURCE, { serviceConfig: { serviceAccountEmail: email } });
  return {
    email,
    async call(method, path, body) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ method, path, body }),
      });
      // What the function above answers.
      const answer = (await response.json()) as Omit<AnswerToFunction, "body">;
      const isJson = /^[[{"]/.test(answer.text);
      return { ...answer, body: isJson ? JSON.parse(answer.text) : {} };
    },
  };
}

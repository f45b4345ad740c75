import { randomUUID } from "node:crypto";
import { createSigner } from "../../../function/shared/google/signer.ts";
import { createClientAssertions } from "../../../function/shared/okta/client-assertion.ts";
import { stringIn } from "../../../sandbox/deploy/google/inputs.ts";
import { archive, serviceBody } from "../../sandbox/google/run/deployed.ts";
import type { Deployed } from "./deployment.ts";
import { shortName } from "./grants.ts";

/** What somebody was answered. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A service account of the program, and what it is answered when it calls. */
export interface Identity {
  /** Such as `grant`. */
  readonly name: string;
  readonly email: string;
  /** Calls a Google API, by a path, with the account's own access token. */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Calls a function from where the account's own code runs, with the account's own identity token. */
  invoke(url: string, audience: string): Promise<Answer>;
}

/** Calls what it is asked to with a token that its metadata server gives it. */
const HANDLER = `async (request, response) => {
  const { method, url, body, audience } = JSON.parse(Buffer.concat(await request.toArray()).toString());
  const token = async (path) => {
    const address = "http://" + process.env.GCE_METADATA_HOST + "/computeMetadata/v1/instance/service-accounts/default/" + path;
    return (await fetch(address, { headers: { "Metadata-Flavor": "Google" } })).text();
  };
  const credential = audience === undefined
    ? JSON.parse(await token("token")).access_token
    : await token("identity?audience=" + encodeURIComponent(audience));
  const answer = await fetch(url, {
    method,
    headers: { authorization: "Bearer " + credential, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  response.end(JSON.stringify({ status: answer.status, text: await answer.text() }));
}`;

/** Deploys, for each service account of the program, a service that has the account and does what it is asked. */
export async function takeIdentities(deployed: Deployed): Promise<Identity[]> {
  const { google, clouds, declared, one } = deployed;
  const accounts = declared.filter(({ type }) => type === "gcp:serviceaccount/account:Account");
  const bucket = stringIn(one("gcp:storage/bucketObject:BucketObject").inputs, "bucket");
  await google.owner.upload(
    `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=identity.tar.gz`,
    "application/gzip",
    await archive(HANDLER),
  );
  const source = { bucket, object: "identity.tar.gz" };
  const identities: Identity[] = [];
  for (const { inputs, state } of accounts) {
    const name = shortName(stringIn(inputs, "accountId"));
    const email = stringIn(state.outputs, "email");
    const open = { service: { invokerIamDisabled: true } };
    const url = await deployService(deployed, `identity-${name}`, serviceBody(email, source, open));
    const send = async (order: object): Promise<Answer> => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(order) });
      // What the handler above answers.
      return (await response.json()) as Answer;
    };
    identities.push({
      name,
      email,
      call: (method, path, body) => send({ method, url: clouds.google.url + path, body }),
      invoke: (target, audience) => send({ method: "POST", url: target, body: {}, audience }),
    });
  }
  return identities;
}

async function deployService(deployed: Deployed, id: string, body: object): Promise<string> {
  const { owner } = deployed.google;
  const { parent } = placeOf(deployed);
  await owner.finish("/v2/", await owner.call("POST", `/v2/${parent}/services?serviceId=${id}`, body));
  return String((await owner.call("GET", `/v2/${parent}/services/${id}`))["uri"]);
}

/** Where everything is: `projects/P/locations/L`, and its project. */
export function placeOf({ outputs }: Deployed): { readonly parent: string; readonly project: string } {
  const [, project = "", , location = ""] = String(outputs["queue"]).split("/");
  return { parent: `projects/${project}/locations/${location}`, project };
}

/** Asks Okta for a token as the app of a function, with a signature by a key. @returns Okta's answer */
export async function askForToken(
  { clouds }: Deployed,
  app: Readonly<Record<string, string>>,
  key: { readonly version: string; readonly signer: Identity },
  scope: string,
): Promise<Answer> {
  const audience = `${clouds.okta.url}/oauth2/v1/token`;
  const assertion = createClientAssertions({
    clientId: app["OKTA_CLIENT_ID"] ?? "",
    keyId: app["OKTA_KEY_ID"] ?? "",
    audience,
    now: Date.now,
    newId: randomUUID,
    sign: createSigner({
      endpoint: "",
      keyVersion: key.version,
      post: async ({ url, body }) => JSON.parse((await key.signer.call("POST", url, body)).text),
    }),
  });
  const response = await fetch(audience, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      scope,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: await assertion(new AbortController().signal),
    }),
  });
  return { status: response.status, text: await response.text() };
}

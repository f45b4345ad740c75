import { randomBytes, randomUUID } from "node:crypto";
import { HOOK_AUTHENTICATION_HEADER } from "../../function/shared/contract.ts";
import { isObject } from "../../function/shared/json.ts";
import { outboundFetch, proxyHint } from "../../infra/outbound-fetch.ts";
import { type Finding, finding } from "../findings.ts";
import { explainRefusal, type GoogleApi } from "../google-api.ts";
import type { LookUps } from "../look-ups.ts";
import type { DeclaredFunction } from "./deployed.ts";

/** Okta waits so long for an answer, in milliseconds (Okta, "Event hooks": timeout). */
const ANSWER_WITHIN = 3_000;

/** Asks the receiver as Okta does, with the secret, without one and with a wrong one. */
export async function lookAtReceiver(
  {
    url,
    project,
    receive,
  }: { readonly url: string; readonly project: string; readonly receive: DeclaredFunction | undefined },
  api: GoogleApi,
  lookUps: LookUps,
): Promise<readonly Finding[]> {
  const challenge = finding("receiver-challenge");
  const [withSecret, withoutSecret, withWrong] = await Promise.all([
    lookUps.run("the receiver, with the secret", async (signal) => {
      const secret = await readSecret(project, receive, api, signal);
      if ("reason" in secret) {
        const meaning = `Whether the receiver answers a challenge with the secret: ${secret.reason}.`;
        return challenge.unknown(meaning, secret.command === undefined ? {} : { command: secret.command });
      }
      return describeChallenge(await askReceiver(url, secret.value, signal));
    }),
    lookUps.run("the receiver, without a secret", (signal) => askReceiver(url, undefined, signal)),
    lookUps.run("the receiver, with a wrong secret", (signal) =>
      askReceiver(url, randomBytes(36).toString("base64url"), signal),
    ),
  ]);
  return [
    withSecret,
    describeRefusal("receiver-without-secret", "without a secret", withoutSecret),
    describeRefusal("receiver-wrong-secret", "with a wrong secret", withWrong),
  ];
}

/** How the receiver answered a challenge. */
type Reply =
  | { readonly status: number; readonly echoes: boolean; readonly milliseconds: number }
  | { readonly problem: string };

async function askReceiver(url: string, secret: string | undefined, signal: AbortSignal): Promise<Reply> {
  const challenge = randomUUID();
  const begun = performance.now();
  try {
    const response = await outboundFetch(url, {
      headers: {
        "x-okta-verification-challenge": challenge,
        ...(secret === undefined ? {} : { [HOOK_AUTHENTICATION_HEADER]: `Bearer ${secret}` }),
      },
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN)]),
    });
    const text = await response.text();
    const echoes = text === JSON.stringify({ verification: challenge });
    return { status: response.status, echoes, milliseconds: Math.round(performance.now() - begun) };
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    return { problem: isLate ? "it does not answer in 3 s" : `it cannot be reached${proxyHint()}` };
  }
}

const LOGS = "Look at the log of receive: pulumi stack output links has its page.";

function describeChallenge(reply: Reply): Finding {
  const { ok, failure } = finding("receiver-challenge");
  if ("problem" in reply) {
    return failure(`The receiver does not answer Okta's challenge: ${reply.problem}.`, { fix: LOGS });
  }
  if (reply.status === 200 && reply.echoes) {
    return ok(`The receiver answers Okta's challenge with the secret, in ${reply.milliseconds} ms.`);
  }
  const meaning = `The receiver does not answer Okta's challenge: ${reply.status === 200 ? "it does not echo it" : `it answers ${reply.status}`}.`;
  switch (reply.status) {
    case 401:
      return failure(`${meaning} It runs with another secret.`, { command: "pulumi up --refresh" });
    case 403:
      return failure(`${meaning} Google Cloud does not let everybody call it.`, {
        fix: "An organization policy may forbid that (docs/deployment.md#organization-policies), or the binding was removed.",
        command: "pulumi up --refresh",
      });
    default:
      return failure(meaning, { fix: LOGS });
  }
}

function describeRefusal(check: string, how: string, reply: Reply): Finding {
  const { ok, failure, unknown } = finding(check);
  if ("problem" in reply) return unknown(`Whether the receiver refuses a call ${how}: ${reply.problem}.`);
  if (reply.status === 401) return ok(`The receiver refuses a call ${how}.`);
  if (reply.status >= 300) {
    return unknown(
      `Whether the receiver refuses a call ${how}: it answers ${reply.status}, as something before it may.`,
    );
  }
  return failure(
    `The receiver accepts a call ${how} (${reply.status}): anybody could add people to the groups.`,
    {
      fix: "Something else answers in its place, or its code was changed: look at what is deployed.",
      command: "pulumi up --refresh",
    },
  );
}

/** The current hook secret, which the receiver reads from Secret Manager. */
async function readSecret(
  project: string,
  receive: DeclaredFunction | undefined,
  api: GoogleApi,
  signal: AbortSignal,
): Promise<{ readonly value: string } | { readonly reason: string; readonly command?: string }> {
  const declared = receive?.secrets.find(({ key }) => key === "HOOK_SECRET");
  if (declared === undefined) return { reason: "the stack's state has no hook secret" };
  const { secret, version } = declared;
  const answer = await api.call(
    "secretManager",
    `projects/${project}/secrets/${secret}/versions/${version}:access`,
    {
      signal,
    },
  );
  if (answer.kind !== "found") {
    return explainRefusal(answer, {
      project,
      service: "secretmanager.googleapis.com",
      permission: "secretmanager.versions.access",
    });
  }
  const payload = isObject(answer.body["payload"]) ? answer.body["payload"] : {};
  return { value: Buffer.from(String(payload["data"]), "base64").toString() };
}

import { createHash, randomUUID } from "node:crypto";
import { type Clock, systemClock } from "../../function/shared/clock.ts";
import { GoogleApiError, TokenError } from "../../function/shared/errors.ts";
import { createAccessTokens, TOKEN_PATH } from "../../function/shared/okta/access-token.ts";
import type { OktaTransport } from "../../function/shared/okta/client.ts";
import { createClientAssertions } from "../../function/shared/okta/client-assertion.ts";
import { messageOf, sendTo } from "../../infra/okta/management-client.ts";
import { AccessError } from "../command.ts";
import { type Finding, finding } from "../findings.ts";
import type { GoogleApi } from "../google-api.ts";
import type { LookUps } from "../look-ups.ts";
import type { DeclaredFunction } from "./deployed.ts";

/** In milliseconds. */
const TIMEOUT = 20_000;

/** What an app is for, and what it must not be good for. */
interface Purpose {
  readonly scope: string;
  /** The scope of the other app. */
  readonly otherScope: string;
  /** A path that its token opens. */
  readonly opens: string;
  /** Paths that it must not open. */
  readonly closed: readonly string[];
}

/** What the tokens of the functions' apps are good for. */
export async function lookAtTokens(
  {
    orgUrl,
    functions,
    groupId,
  }: {
    readonly orgUrl: string;
    readonly functions: readonly DeclaredFunction[];
    /** A group of the rules; undefined when the stack has none. */
    readonly groupId: string | undefined;
  },
  api: GoogleApi,
  lookUps: LookUps,
): Promise<readonly Finding[]> {
  const purposes: Readonly<Record<string, Purpose>> = {
    ...(groupId === undefined
      ? {}
      : {
          grant: {
            scope: "okta.groups.manage",
            otherScope: "okta.logs.read",
            opens: `/api/v1/groups/${groupId}/users?limit=1`,
            closed: ["/api/v1/logs?limit=1", "/api/v1/apps?limit=1"],
          },
        }),
    reconcile: {
      scope: "okta.logs.read",
      otherScope: "okta.groups.manage",
      opens: "/api/v1/logs?limit=1",
      closed: [
        ...(groupId === undefined ? [] : [`/api/v1/groups/${groupId}/users?limit=1`]),
        "/api/v1/apps?limit=1",
      ],
    },
  };
  return await Promise.all(
    functions.flatMap((one) => {
      const purpose = purposes[one.name];
      if (purpose === undefined) return [];
      return lookUps.run(`a token for ${one.name}`, (signal) =>
        lookAtToken(one, purpose, orgUrl, api, signal),
      );
    }),
  );
}

async function lookAtToken(
  { name, environment }: DeclaredFunction,
  { scope, otherScope, opens, closed }: Purpose,
  orgUrl: string,
  api: GoogleApi,
  signal: AbortSignal,
): Promise<Finding> {
  const { ok, failure, unknown } = finding(`token-${name}`);
  const send = sendTo(orgUrl);
  const ask = (wanted: string) =>
    tokensOf(environment, wanted, { orgUrl, send, api, clock: systemClock }).get(signal);
  let token: string;
  try {
    token = await ask(scope);
  } catch (error) {
    if (error instanceof AccessError)
      return unknown(`A token for ${name}: ${error.message}`, signerOf(environment));
    if (error instanceof TokenError && error.kind === "refused") {
      return failure(`Okta gives ${name} no token (${error.oktaCode}).`, {
        fix: remedyFor(error.oktaCode),
      });
    }
    return unknown(`A token for ${name}: ${messageOf(error)}.`);
  }
  const statusOf = async (path: string) => {
    const deadline = systemClock.deadline(TIMEOUT);
    try {
      const headers = { accept: "application/json", authorization: `Bearer ${token}` };
      return (await send({ method: "GET", path, headers, deadline })).status;
    } finally {
      deadline[Symbol.dispose]();
    }
  };
  const opened = await statusOf(opens);
  if (opened !== 200) {
    return failure(`Okta gives ${name} a token, and refuses it for what it is for (${opened}, ${opens}).`, {
      fix: "Its app lacks its role, or the group is not in its resource set: docs/deleted-by-hand.md.",
    });
  }
  const tooMuch: string[] = [];
  for (const path of closed) if ((await statusOf(path)) === 200) tooMuch.push(path);
  const other = await ask(otherScope).then(
    () => true,
    () => false,
  );
  if (other) tooMuch.push(`the scope ${otherScope}`);
  return tooMuch.length === 0
    ? ok(`Okta gives ${name} a token, and it is good for exactly what it is for.`)
    : failure(`The token of ${name} is good for more than it is for: ${tooMuch.join(", ")}.`, {
        fix: "Take the rights away that the program does not give: Applications › the app › Okta API Scopes, Admin roles.",
      });
}

function remedyFor(code: string): string {
  if (code.includes("dpop")) {
    return "The org makes its apps use DPoP, which the functions cannot: it needs an exception for these apps.";
  }
  return code === "invalid_client"
    ? "The app is gone or inactive, or its key is another one: rotate the signing key (docs/rotation.md)."
    : "The app lacks its scope: pulumi up --refresh.";
}

function signerOf(environment: Readonly<Record<string, string>>) {
  const key = String(environment["SIGNING_KEY_VERSION"]).replace(/\/cryptoKeyVersions\/\d+$/, "");
  return {
    fix: "Give yourself the role for the look, and take it away afterwards.",
    command: `gcloud kms keys add-iam-policy-binding ${key} --member="user:$(gcloud config get account)" --role=roles/cloudkms.signer`,
  };
}

/** Tokens as the function gets them: the key stays in Cloud KMS. */
function tokensOf(
  environment: Readonly<Record<string, string>>,
  scope: string,
  {
    orgUrl,
    send,
    api,
    clock,
  }: {
    readonly orgUrl: string;
    readonly send: OktaTransport;
    readonly api: GoogleApi;
    readonly clock: Clock;
  },
) {
  return createAccessTokens({
    send,
    makeAssertion: createClientAssertions({
      clientId: String(environment["OKTA_CLIENT_ID"]),
      keyId: String(environment["OKTA_KEY_ID"]),
      audience: orgUrl + TOKEN_PATH,
      sign: (data, signal) => sign(String(environment["SIGNING_KEY_VERSION"]), data, api, signal),
      now: clock.now,
      newId: randomUUID,
    }),
    scope,
    clock,
    timeoutMs: TIMEOUT,
  });
}

/** @throws AccessError when the caller may not sign; GoogleApiError */
async function sign(keyVersion: string, data: string, api: GoogleApi, signal: AbortSignal): Promise<Buffer> {
  const digest = { sha256: createHash("sha256").update(data).digest("base64") };
  const answer = await api.call("kms", `${keyVersion}:asymmetricSign`, { signal, body: { digest } });
  if (answer.kind === "found") return Buffer.from(String(answer.body["signature"]), "base64");
  if (answer.kind === "unreached") throw new AccessError(answer.message);
  if (answer.status === 403)
    throw new AccessError("you lack cloudkms.cryptoKeyVersions.useToSign on its key (403).");
  throw new GoogleApiError("Cloud KMS asymmetricSign", answer.status, answer.reason);
}

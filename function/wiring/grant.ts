import { randomUUID } from "node:crypto";
import { createGooglePost } from "../google/api.ts";
import { createAccessToken } from "../google/credentials.ts";
import { createSigner } from "../google/signer.ts";
import { createGrant } from "../grant.ts";
import type { Handler } from "../http.ts";
import type { Log } from "../log.ts";
import { createAccessTokens, TOKEN_PATH } from "../okta/access-token.ts";
import { createClientAssertions } from "../okta/client-assertion.ts";
import { connectToOkta } from "../okta/connection.ts";
import { createAddMember } from "../okta/membership.ts";
import { readGrantSettings } from "../settings.ts";

/** Calls to Okta under way at once. An org allows 75 in all (35 on the smallest plan); most are left to others. */
const CONNECTIONS = 10;

/** One task and one token request, in milliseconds. The function's own time-out is not shorter. */
const TASK_TIMEOUT = 25_000;
const TOKEN_TIMEOUT = 15_000;

/**
 * Gives `grant` the real clock, signer, credentials and connection to Okta.
 *
 * @throws SettingsError
 */
export async function wireGrant(log: Log, environment: NodeJS.ProcessEnv): Promise<Handler> {
  const { orgUrl, clientId, keyId, keyVersion, groupIds, kmsEndpoint } = readGrantSettings(environment);
  const send = connectToOkta(orgUrl, CONNECTIONS);
  const sign = createSigner({
    endpoint: kmsEndpoint,
    keyVersion,
    post: createGooglePost(createAccessToken(), fetch),
  });
  const makeAssertion = createClientAssertions({
    clientId,
    keyId,
    audience: `${orgUrl}${TOKEN_PATH}`,
    sign,
    now: Date.now,
    newId: randomUUID,
  });
  const tokens = createAccessTokens({
    send,
    makeAssertion,
    scope: "okta.groups.manage",
    now: Date.now,
    timeout: TOKEN_TIMEOUT,
  });
  return createGrant({ addMember: createAddMember(send, tokens), groupIds, log, timeout: TASK_TIMEOUT });
}

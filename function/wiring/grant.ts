import { readConfig } from "../config.ts";
import { grantVariables } from "../contract.ts";
import { createGrant } from "../grant.ts";
import type { Handler } from "../http.ts";
import type { Log } from "../log.ts";
import { createKnownMembers } from "../okta/members.ts";
import { createAddMember } from "../okta/membership.ts";
import { wireGoogle } from "./google.ts";
import { wireOkta } from "./okta.ts";
import type { OktaOutside } from "./outside.ts";

/** Calls to Okta under way at once. An org allows 75 in all (35 on the smallest plan); most are left to others. */
const CONNECTIONS = 10;

/** A call takes Okta a moment. In milliseconds. */
const ANSWER_TIMEOUT = 10_000;

/** A page of 1,000 members, whose profiles come along, in bytes. */
const MAXIMUM_ANSWER = 16 * 1024 * 1024;

/** Members that are kept in memory, of all groups together: 74 bytes each, 37 MB at most (docs/benchmarks.md). */
const MAXIMUM_MEMBERS = 500_000;

/**
 * Makes `grant` of its configuration and of what it reaches the world by.
 *
 * @throws ConfigError
 */
export async function wireGrant(
  log: Log,
  environment: NodeJS.ProcessEnv,
  outside: OktaOutside,
): Promise<Handler> {
  const config = readConfig("grant", grantVariables, environment);
  const { clock } = outside;
  const bucket = wireOkta(
    config,
    {
      scope: "okta.groups.manage",
      connections: CONNECTIONS,
      maximumAnswer: MAXIMUM_ANSWER,
      answerTimeout: ANSWER_TIMEOUT,
    },
    wireGoogle(environment, outside).post,
    outside,
  );
  const send = bucket();
  const members = createKnownMembers({
    send,
    sendToGroup: bucket(),
    orgUrl: config.orgUrl,
    clock,
    log,
    maximumAge: config.memberSnapshotAge,
    maximumMembers: MAXIMUM_MEMBERS,
  });
  return createGrant({
    addMember: createAddMember(send, members),
    groupIds: config.groupIds,
    log,
    clock,
    timeout: config.taskTimeout,
    retryDuration: config.queueRetryDuration,
  });
}

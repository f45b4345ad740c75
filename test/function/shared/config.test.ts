import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../function/shared/config.ts";
import { grantVariables, receiveVariables, reconcileVariables } from "../../../function/shared/contract.ts";

const okta = {
  OKTA_ORG_URL: "https://acme.okta.com",
  OKTA_CLIENT_ID: "0oa1",
  OKTA_KEY_ID: "key",
  SIGNING_KEY_VERSION: "version",
  RATE_LIMIT_RESERVE_PERCENT: "10",
};
const receive = {
  RULES: "[]",
  QUEUE: "queue",
  GRANT_URL: "https://grant",
  PROJECT: "acme",
  HOOK_SECRET: "s",
};
const grant = {
  ...okta,
  GROUP_IDS: "00g1,00g2",
  TASK_SECONDS: "115",
  MEMBER_SNAPSHOT_SECONDS: "600",
  QUEUE_RETRY_SECONDS: "604800",
  PROJECT: "acme",
};
const reconcile = {
  ...okta,
  RULES: '[{"groupId":"00g1","on":["user.session.start"],"when":"true"}]',
  QUEUE: "queue",
  GRANT_URL: "https://grant",
  STATE_BUCKET: "state",
  STACK_SINCE: "2026-11-02T07:45:00.000Z",
  STACK: "dev",
  BACKFILL_DAYS: "30",
  GRANT_CLIENT_IDS: "0oa2,0oa3",
  RUN_SECONDS: "270",
  PROJECT: "acme",
};

const functions = [
  ["receive", receiveVariables, receive],
  ["grant", grantVariables, grant],
  ["reconcile", reconcileVariables, reconcile],
] as const;

describe("the configuration of the functions", () => {
  it("has values in milliseconds and parts of 1, and Google's own addresses unless others are set", () => {
    expect(readConfig("receive", receiveVariables, receive)).toEqual({
      rules: [],
      queue: "queue",
      grantUrl: "https://grant",
      project: "acme",
      hookSecret: "s",
      previousHookSecret: "",
      tasksEndpoint: "https://cloudtasks.googleapis.com",
    });
    expect(readConfig("grant", grantVariables, { ...grant, CLOUD_KMS_ENDPOINT: "http://kms" })).toEqual({
      orgUrl: "https://acme.okta.com",
      clientId: "0oa1",
      keyId: "key",
      keyVersion: "version",
      rateLimitReserve: 0.1,
      kmsEndpoint: "http://kms",
      groupIds: new Set(["00g1", "00g2"]),
      taskTimeoutMs: 115_000,
      memberSnapshotAgeMs: 600_000,
      queueRetryDurationMs: 604_800_000,
      project: "acme",
    });
    expect(readConfig("reconcile", reconcileVariables, reconcile)).toMatchObject({
      rules: [{ groupId: "00g1", on: ["user.session.start"], when: "true" }],
      stackSince: Date.UTC(2026, 10, 2, 7, 45),
      backfillDays: 30,
      grantClientIds: new Set(["0oa2", "0oa3"]),
      runTimeoutMs: 270_000,
      storageEndpoint: "https://storage.googleapis.com",
    });
  });

  it.each(functions)("of %s names each missing variable, and how to set them", (name, variables, all) => {
    for (const missing of Object.keys(all)) {
      for (const value of [undefined, ""]) {
        expect(() => readConfig(name, variables, { ...all, [missing]: value })).toThrow(
          `${name} cannot start without ${missing}. The program sets these variables; run "pulumi up".`,
        );
      }
    }
    expect(() => readConfig(name, variables, {})).toThrow(`without ${Object.keys(all).join(", ")}.`);
  });

  it("names every malformed variable with what it must be, and shows no value", () => {
    const wrong = { RULES: "secret", STACK_SINCE: "secret", RUN_SECONDS: "secret", STACK: "" };
    expect(() => readConfig("reconcile", reconcileVariables, { ...reconcile, ...wrong })).toThrow(
      expect.objectContaining({
        message:
          "reconcile cannot start without STACK. RULES must be a JSON list of {groupId, on, when?}. STACK_SINCE must " +
          "be a time in ISO 8601, for example 2026-11-02T08:00:00.000Z. RUN_SECONDS must be a whole number, for " +
          'example 120. The program sets these variables; run "pulumi up".',
      }),
    );
  });

  it.each([
    "{",
    "null",
    "{}",
    "[null]",
    '[{"on":[]}]',
    '[{"groupId":"a","on":[1]}]',
    '[{"groupId":"a","on":[],"when":1}]',
  ])("refuses the rules %j", (RULES) => {
    expect(() => readConfig("receive", receiveVariables, { ...receive, RULES })).toThrow("RULES must be");
  });

  it("takes up to nine digits as a whole number, and nothing else", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.nat().map(String), fc.double().map(String)), (RUN_SECONDS) => {
        const read = () =>
          readConfig("reconcile", reconcileVariables, { ...reconcile, RUN_SECONDS }).runTimeoutMs;
        if (/^[0-9]{1,9}$/.test(RUN_SECONDS)) expect(read()).toBe(Number(RUN_SECONDS) * 1000);
        else expect(read).toThrow("RUN_SECONDS");
      }),
    );
  });
});

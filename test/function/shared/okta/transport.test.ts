import { expect, it } from "vitest";
import { TOKEN_PATH } from "../../../../function/shared/okta/access-token.ts";
import type { OktaAnswer, OktaRequest } from "../../../../function/shared/okta/client.ts";
import { wireOkta } from "../../../../function/shared/okta/transport.ts";
import { createSimulatedClock } from "../../../../sandbox/simulation/clock.ts";
import { createTestLog } from "../../../support/log.ts";

it.each([
  ["half of it", 50, [{ event: "okta-limit-used", bucket: "memberships", usedPercent: 50 }]],
  ["less", 51, []],
])(
  "the log says how much of a rate limit is used where it is worth it: %s",
  async (_name, remaining, said) => {
    const clock = createSimulatedClock();
    const { log, entries } = createTestLog();
    let windows = 0;
    const answer = ({ path }: OktaRequest): OktaAnswer => {
      if (path === TOKEN_PATH) {
        return { status: 200, headers: {}, body: { access_token: "token", expires_in: 3600 } };
      }
      windows += 1;
      const reset = String(Math.ceil(clock.now() / 1000) + 60 * windows);
      const headers = {
        // A header that came more than once counts as it came first.
        "x-rate-limit-limit": ["100", "7"],
        "x-rate-limit-remaining": String(remaining),
        "x-rate-limit-reset": reset,
      };
      return { status: 204, headers, body: undefined };
    };
    const wired = wireOkta(
      {
        orgUrl: "https://acme.okta.com",
        clientId: "0oaGrant",
        keyId: "key",
        keyVersion: "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
        kmsEndpoint: "https://cloudkms.googleapis.com",
        rateLimitReserve: 0,
      },
      { scope: "okta.groups.manage", connections: 1, maximumAnswerBytes: 1_000, answerTimeoutMs: 1_000 },
      async () => ({ signature: Buffer.from("signature").toString("base64") }),
      {
        clock,
        send: () => Promise.reject(new Error("Google is not called here.")),
        random: () => 0,
        newId: () => "id",
        connectToOkta: () => async (request) => answer(request),
      },
      log,
    );
    const send = wired("memberships");
    for (let call = 0; call < 2; call += 1) {
      const request = { method: "PUT", path: "/x", headers: {}, deadline: clock.deadline(60_000) } as const;
      expect((await clock.until(send(request))).status).toBe(204);
    }
    expect(entries.map(({ event, bucket, usedPercent }) => ({ event, bucket, usedPercent }))).toEqual(said);
  },
);

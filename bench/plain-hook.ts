import { parseDelivery } from "../function/shared/events.ts";
import { readJson, respondEmpty, respondJson } from "../function/shared/http.ts";
import type { Wire } from "../sandbox/simulation/service.ts";

/**
 * The design to compare with: as samples and tutorials have it, the hook itself adds each user to the group with an API
 * token, and answers 204 whatever came of it.
 *
 * @param access who it is and which group it fills, known once the org is prepared
 */
export function plainHook(access: () => { readonly apiToken: string; readonly groupId: string }): Wire {
  return async (_log, { clock, connectToOkta }) => {
    const send = connectToOkta("", { connections: 10, maximumAnswerBytes: 65_536, answerTimeoutMs: 10_000 });
    return async (request, response) => {
      const challenge = request.headers["x-okta-verification-challenge"];
      if (request.method === "GET") return respondJson(response, 200, { verification: challenge });
      const { events } = parseDelivery(await readJson(request, 2 ** 20, clock.deadline(3000).signal));
      const { apiToken, groupId } = access();
      const puts = events
        .filter(({ result }) => result === "SUCCESS")
        .map(({ actor }) => {
          const path = `/api/v1/groups/${groupId}/users/${actor.id}`;
          const headers = { authorization: `SSWS ${apiToken}` };
          return send({ method: "PUT", path, headers, deadline: clock.deadline(2_500) });
        });
      await Promise.allSettled(puts);
      respondEmpty(response);
    };
  };
}

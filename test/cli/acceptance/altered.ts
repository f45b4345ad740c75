import type { Clouds } from "../../../sandbox/environment.ts";

/** The decisions that {@link alter} changes. */
export const alteredDecisions = [
  "A PUT of a deactivated user is refused with 403 E0000038.",
  "A scope that is granted already is refused with 400 E0000001.",
  "A service account that is not there is refused with 404 to its owner.",
];

/** Makes both clouds decide three things otherwise, each in a way in which the real ones could. */
export function alter({ okta, google }: Pick<Clouds, "okta" | "google">): void {
  okta.faults.alter = async ({ method, path }, answer) => {
    if (method === "PUT" && /^\/api\/v1\/groups\/\w+\/users\/\w+$/.test(path) && answer.status === 403) {
      const body = Object(await answer.clone().json());
      if (body.errorCode !== "E0000038") return undefined;
      return Response.json({ ...body, errorCode: "E0000112" }, { status: 400 });
    }
    if (method === "POST" && /^\/api\/v1\/apps\/\w+\/grants$/.test(path) && answer.status === 400) {
      if (!(await answer.clone().text()).includes("is granted to this app already")) return undefined;
      return Response.json({ status: "ACTIVE", scopeId: "okta.groups.manage" });
    }
    return undefined;
  };
  google.faults.alter = async ({ method, path }, answer) => {
    if (method !== "GET" || !/\/serviceAccounts\/[^/:]+$/.test(path) || answer.status !== 404)
      return undefined;
    const error = {
      code: 403,
      message: "Permission denied (or it may not exist).",
      status: "PERMISSION_DENIED",
    };
    return Response.json({ error }, { status: 403 });
  };
}

import type { JsonObject } from "../../../function/shared/json.ts";
import { defineLook, listOf, objectOf, wordOf } from "../look.ts";
import { createPerson, deletePerson } from "../people.ts";
import type { Answer, Probe } from "../probe.ts";
import { randomName } from "./temporary.ts";

const PAGES = "okta/log/pages.ts";
const LOG = "okta/routes/system-log.ts";

/** How long an event may take into the log, and how often it is looked for, in milliseconds. */
const PATIENCE = 60_000;
const PAUSE = 3_000;

/** The System Log's pages and refusals. */
export const oktaLog = defineLook(
  { id: "okta-log", after: "look" },
  async ({ okta, clock }) => {
    const since = new Date(clock.now() - 60_000).toISOString();
    const page = await okta("GET", `/api/v1/logs?${new URLSearchParams({ since, limit: "1" })}`);
    const next = /<([^>]+)>;\s*rel="next"/.exec(page.headers["link"] ?? "")?.[1];
    return {
      page,
      next,
      followed: await follow(okta, next),
      wrongCursor: await okta("GET", "/api/v1/logs?after=nobody-gave-this-cursor&limit=1"),
      wrongFilter: await okta("GET", `/api/v1/logs?${new URLSearchParams({ filter: "eventType of x" })}`),
      wrongLimit: await okta("GET", "/api/v1/logs?limit=abc"),
      wrongTime: await okta("GET", "/api/v1/logs?since=yesterday&limit=1"),
      wrongOrder: await okta("GET", "/api/v1/logs?sortOrder=SIDEWAYS&limit=1"),
    };
  },
  ({ answers, shows }) => [
    shows([LOG, "The System Log is answered as a list"], "200 with the links self and next", ({ page }) => {
      if (page.status !== 200) return [undefined, wordOf(page)];
      const link = page.headers["link"] ?? "";
      const links = ["self", "next"].filter((rel) => link.includes(`rel="${rel}"`));
      return [links.length === 2, `200 with ${links.join(" and ") || "no link"}`];
    }),
    shows(
      [LOG, "A request without `until`, in ascending order, is a polling one"],
      "a next link",
      ({ page, next }) => [
        page.status === 200 ? next !== undefined : undefined,
        page.status !== 200 ? wordOf(page) : next === undefined ? "none" : "a next link",
      ],
    ),
    shows([LOG, "A next link may be asked for with another `limit`"], "200", ({ followed }) => [
      followed === undefined ? undefined : followed.status === 200,
      followed === undefined ? "there was no next link of the org's own" : wordOf(followed),
    ]),
    answers([PAGES, "A cursor that Okta did not give"], "400", ({ wrongCursor }) => wrongCursor),
    answers([PAGES, "A refused cursor has the code E0000001."], "400 E0000001", (all) => all.wrongCursor),
    answers(
      ["okta/log/filter.ts", 'A filter is `field eq "value"`, joined by'],
      "400 E0000053",
      ({ wrongFilter }) => wrongFilter,
    ),
    answers([LOG, "A limit that is not a number is refused"], "400", ({ wrongLimit }) => wrongLimit),
    answers([LOG, "A time that can't be read is refused"], "400 E0000001", ({ wrongTime }) => wrongTime),
    answers([LOG, "Another sortOrder than"], "400 E0000001", ({ wrongOrder }) => wrongOrder),
  ],
);

/** Follows a link of the org itself, with another limit. */
async function follow(okta: Probe["okta"], link: string | undefined): Promise<Answer | undefined> {
  if (link === undefined) return undefined;
  const { pathname, searchParams } = new URL(link);
  searchParams.set("limit", "2");
  return okta("GET", `${pathname}?${searchParams}`);
}

/** A sign-in that fails, and its event. */
export const oktaFailedSignIn = defineLook(
  { id: "okta-failed-sign-in", after: "look" },
  async (probe) => {
    const { okta, clock } = probe;
    const person = await createPerson(probe, randomName());
    try {
      const since = new Date(clock.now() - 5_000).toISOString();
      const refused = await okta("POST", "/api/v1/authn", {
        body: { username: person.login, password: "not the password" },
        authorization: undefined,
      });
      return { refused, event: await findEvent(probe, person.id, since) };
    } finally {
      await deletePerson(probe, person.id);
    }
  },
  ({ answers, shows }) => [
    answers(
      ["okta/routes/authn.ts", "A wrong password, and a login that nobody has"],
      "401 E0000004",
      (all) => {
        return all.refused;
      },
    ),
    shows(
      ["okta/log/sign-in-events.ts", "A failed sign-in is an event of the same type"],
      "user.session.start with FAILURE and a reason",
      ({ event }) => {
        if (event === undefined) return [undefined, "no event within a minute"];
        const { result, reason } = Object(event["outcome"]);
        const seen = `${String(event["eventType"])} with ${String(result)} and ${reason ? "a reason" : "no reason"}`;
        return [seen === "user.session.start with FAILURE and a reason", seen];
      },
    ),
    shows(["okta/log/sign-in-events.ts", "A failed sign-in has the severity WARN."], "WARN", ({ event }) => [
      event && event["severity"] === "WARN",
      event === undefined ? "no event within a minute" : String(event["severity"]),
    ]),
  ],
);

/** The one event of somebody new, as soon as it is in the log. */
async function findEvent(
  { okta, clock, signal }: Probe,
  userId: string,
  since: string,
): Promise<JsonObject | undefined> {
  const filter = `eventType eq "user.session.start" and actor.id eq "${userId}"`;
  const end = clock.now() + PATIENCE;
  while (true) {
    const answer = await okta("GET", `/api/v1/logs?${new URLSearchParams({ since, filter })}`);
    const [event] = listOf(answer);
    if (event !== undefined || clock.now() >= end || signal.aborted) return event;
    await clock.sleep(PAUSE, signal);
  }
}

/** What the org says of itself to anybody, and to its administrator. */
export const oktaOrg = defineLook(
  { id: "okta-org", after: "look" },
  async ({ okta }) => ({
    open: await okta("GET", "/.well-known/okta-organization", { authorization: undefined }),
    nobody: await okta("GET", "/api/v1/groups?limit=1", { authorization: undefined }),
    wrongToken: await okta("GET", "/api/v1/groups?limit=1", { authorization: "SSWS nobody-made-this-token" }),
    setting: await okta("GET", "/api/v1/org/settings/clientPrivilegesSetting"),
    noPath: await okta("GET", "/api/v1/nothing-is-here"),
    noUser: await okta("GET", "/api/v1/users/nobody-has-this-login@example.com"),
    limited: await okta("GET", "/api/v1/groups?limit=1"),
  }),
  ({ answers, shows }) => [
    shows(
      ["okta/routes/org.ts", "It answers without a credential"],
      "200 with id and pipeline",
      ({ open }) => {
        const { id, pipeline } = objectOf(open);
        const isRight = typeof id === "string" && typeof pipeline === "string";
        return [open.status === 200 ? isRight : undefined, `${wordOf(open)}, pipeline ${String(pipeline)}`];
      },
    ),
    answers(
      ["okta/http/errors.ts", "A credential that is missing, unknown or out of date"],
      "401 E0000011",
      ({ nobody }) => nobody,
    ),
    answers(
      ["okta/auth/access-control.ts", "`SSWS` and the API token, or `Bearer` and an access token"],
      "401 E0000011",
      ({ wrongToken }) => wrongToken,
    ),
    shows(
      ["okta/routes/org.ts", 'The setting "Public client app admins" is read by GET'],
      "200 with clientPrivilegesSetting",
      ({ setting }) => {
        const value = objectOf(setting)["clientPrivilegesSetting"];
        return [
          setting.status === 200 ? typeof value === "boolean" : undefined,
          `${wordOf(setting)}, ${typeof value === "boolean" ? "with" : "without"} clientPrivilegesSetting`,
        ];
      },
    ),
    answers(
      ["okta/local-okta.ts", "A path that does not exist is answered"],
      "404 E0000008",
      (all) => all.noPath,
    ),
    answers(["okta/routes/people.ts", "A user is found by id or login"], "404 E0000007", (all) => all.noUser),
    shows(
      ["okta/limits/rate-limit.ts", "Every answer of a limited path has x-rate-limit-limit"],
      "the three headers",
      ({ limited }) => {
        const names = ["limit", "remaining", "reset"].filter((one) => limited.headers[`x-rate-limit-${one}`]);
        return [names.length === 3, names.length === 0 ? "none" : names.join(", ")];
      },
    ),
    shows(
      ["okta/local-okta.ts", "Every answer has x-okta-request-id"],
      "x-okta-request-id and date",
      ({ limited: { headers } }) => [
        Boolean(headers["x-okta-request-id"] && headers["date"]),
        ["x-okta-request-id", "date"].filter((name) => headers[name]).join(" and ") || "neither",
      ],
    ),
  ],
);

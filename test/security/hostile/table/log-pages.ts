import { signInEvent } from "../../../support/deliveries.ts";
import { type Case, json, type LogLine, line, type Page, PERSON } from "../case.ts";
import { END_OF_LOG } from "../scripted-okta.ts";
import { GROUP } from "../subjects.ts";
import { counts, pollTask } from "./honest.ts";
import { continuation, failed, PLACE, replayed, standing } from "./reconcile-tasks.ts";

const FOREIGN = "Okta's next link leads away from {org}; it is not followed.";
const AWAY = "Okta's next link leads away from the System Log; it is not followed.";
const ITSELF = "Okta's next link leads to the page that it is on.";

const next = (address: string) => `<${address}>; rel="next"`;
const end = next(`{org}${END_OF_LOG}`);

/** Addresses that the next page must not be sought at: the request would carry the org's token. */
const refusedLinks: readonly (readonly [name: string, link: string, fault: string])[] = [
  ["another host", next("https://evil.example/api/v1/logs?after=1"), FOREIGN],
  ["another host that answers", next("{elsewhere}/api/v1/logs?after=1"), FOREIGN],
  ["another host without a scheme", next("//evil.example/api/v1/logs?after=1"), FOREIGN],
  ["another host by backslashes", next("\\\\evil.example\\api\\v1\\logs?after=1"), FOREIGN],
  ["another host by three slashes", next("http:///evil.example/api/v1/logs?after=1"), FOREIGN],
  ["another host with the org for its user", next("http://{host}@evil.example/api/v1/logs?after=1"), FOREIGN],
  ["a host that begins like the org", next("http://{host}.evil.example/api/v1/logs?after=1"), FOREIGN],
  ["the org by another name", next("http://localhost/api/v1/logs?after=1"), FOREIGN],
  ["another port", next("http://127.0.0.1:1/api/v1/logs?after=1"), FOREIGN],
  ["another scheme", next("https://{host}/api/v1/logs?after=1"), FOREIGN],
  ["the org with a user", next("http://evil.example@{host}/api/v1/logs?after=1"), FOREIGN],
  ["the org with a password", next("http://:password@{host}/api/v1/logs?after=1"), FOREIGN],
  ["a script", next("javascript:alert(1)"), FOREIGN],
  ["a file", next("file:///api/v1/logs?after=1"), FOREIGN],
  ["data", next("data:application/json,[]"), FOREIGN],
  ["no address", next("http://"), FOREIGN],
  ["another host first", `${next("https://evil.example/api/v1/logs?after=1")}, ${end}`, FOREIGN],
  ["the org, and a host behind a backslash", next("http://{host}\\@evil.example/api/v1/logs?after=1"), AWAY],
  ["the org's path as a host", next("{org}//evil.example/api/v1/logs?after=1"), AWAY],
  ["something else of the org", next("{org}/api/v1/users?after=1"), AWAY],
  ["something that begins so", next("{org}/api/v1/logstreams?after=1"), AWAY],
  ["a path that leaves the log", next("{org}/api/v1/logs/../users?after=1"), AWAY],
  ["a path that leaves the log, half encoded", next("{org}/api/v1/logs/%2e%2e/users?after=1"), AWAY],
  ["a path that leaves the log, encoded", next("{org}/api/v1/logs%2f..%2fusers?after=1"), AWAY],
  ["a relative path", next("logs?after=1"), AWAY],
  ["only a query", next("?after=1"), AWAY],
  ["nothing", next(""), AWAY],
];

/** Addresses of the org's log, however they are written, and the path that is asked for. */
const followedLinks: readonly (readonly [name: string, link: string, path?: string])[] = [
  ["a path", next("/api/v1/logs?after=2")],
  ["the org in upper case", next("HTTP://{host}/api/v1/logs?after=2")],
  ["a fragment", next("{org}/api/v1/logs?after=2#x")],
  ["a path with a detour", next("{org}/api/v1/../v1/./logs?after=2")],
  ["a tab within", next("{org}/api/v1/lo\tgs?after=2")],
  ["a line break, encoded", next("{org}/api/v1/logs?after=2%0d%0aX"), "/api/v1/logs?after=2%0d%0aX"],
  [
    "an address for its cursor",
    next("{org}/api/v1/logs?after=//evil.example"),
    "/api/v1/logs?after=//evil.example",
  ],
  ["a second one, foreign", `${next("{org}/api/v1/logs?after=2")}, ${next("https://evil.example/")}`],
  ["other links", `<https://evil.example/>; rel="self", ${next("{org}/api/v1/logs?after=2")}`],
];

/** What is not a next link: the window ends. */
const missingLinks: readonly (readonly [name: string, link: string])[] = [
  ["an empty one", ""],
  ["one that is none", "https://evil.example/; rel=next"],
  ["another relation", '<https://evil.example/>; rel="prev"'],
  ["one that is open", "<https://evil.example/"],
  ["10,000 beginnings of one", "<".repeat(10_000)],
];

const honest = signInEvent({ actor: { id: "00uHonest", type: "User" } });
const of = (id: string) => signInEvent({ actor: { id, type: "User", alternateId: PERSON.login } });
const noId = "the actor's id is not an Okta id";

/** Events in the log that can never be processed; the honest one behind each is taken. */
const badEvents: readonly (readonly [name: string, event: unknown, fault: string])[] = [
  ["that is null", null, "the event is not an object"],
  ["that is a text", PERSON.login, "the event is not an object"],
  ["without a uuid", signInEvent({ uuid: null }), "the event has no uuid"],
  ["without an actor", signInEvent({ actor: [] }), "the event has no actor"],
  ["with an id that leaves its path", of("../../groups/00gAdmins/users/00u"), noId],
  ["with an id that leaves its path, encoded", of("..%2f..%2fgroups"), noId],
  ["with an id and a query", of("00u?sendEmail=true"), noId],
  ["with an id and a line break", of("00u\r\nX-Evil: 1"), noId],
  ["with a login for its id", of(PERSON.login), noId],
];

export const logPages: readonly Case[] = [
  ...refusedLinks.map(([name, link, fault]) =>
    replay(`a link to ${name}`, { link }, (id) => ({
      ...failed(fault, id, 1),
      effects: [`GET ${PLACE}`, progress(id, "failed")],
    })),
  ),
  replay("a link to itself", { events: [honest], link: next(`{org}${PLACE}`) }, (id) => {
    const { answer, log } = replayed("failed", { id, counted: { events: 1, wanted: 1, queued: 1 } });
    return {
      answer,
      log: [{ ...line("replay-failed"), replay: id, fault: ITSELF }, ...log],
      effects: [`GET ${PLACE}`, `task ${GROUP} 00uHonest`, progress(id, "failed")],
    };
  }),
  ...followedLinks.map(([name, link, path = "/api/v1/logs?after=2"]) =>
    replay(`a link with ${name}`, { link }, (id) => ({
      ...replayed("done", { id, counted: { pages: 3 } }),
      effects: [`GET ${PLACE}`, `GET ${path}`, `GET ${END_OF_LOG}`, progress(id, "done")],
    })),
  ),
  ...missingLinks.map(([name, link]) =>
    replay(`no link but ${name}`, { link }, (id) => ({
      ...replayed("done", { id }),
      effects: [`GET ${PLACE}`, progress(id, "done")],
    })),
  ),
  ...badEvents.map(([name, event, fault]) =>
    replay(`an event ${name}`, { events: [event, honest], link: end }, (id) => {
      const { answer, log } = replayed("done", {
        id,
        counted: { pages: 2, events: 2, wanted: 1, queued: 1 },
      });
      const skipped: LogLine = { ...line("event-skipped"), index: 0, fault };
      return {
        answer,
        log: [skipped, ...log],
        effects: [`GET ${PLACE}`, `GET ${END_OF_LOG}`, `task ${GROUP} 00uHonest`, progress(id, "done")],
      };
    }),
  ),
  ...[refusedLinks[1], refusedLinks[5], refusedLinks[10], refusedLinks[19]].flatMap((one) => {
    if (one === undefined) return [];
    const [name, link, fault] = one;
    return [stoppedPoll(`a poll of a page with a link to ${name}`, link, fault)];
  }),
  stoppedPoll("a poll of a page without a link", "", "Okta's page has no next link."),
  {
    ...poll("a poll of a page that is not a list", [{ events: { events: [honest] }, link: end }]),
    answer: { status: 503, body: { outcome: "retry", ...counts() } },
    log: [
      {
        ...line("run-failed"),
        message: "Okta did not give its System Log; the next run retries.",
        outcome: "retry",
        ...counts(),
        status: 200,
        code: "",
        requestId: "",
      },
    ],
    effects: [`GET ${END_OF_LOG}`],
  },
  // Somebody who can write to the state bucket still cannot send the token anywhere.
  ...[
    ["to another host", "{elsewhere}/api/v1/logs?after=1"],
    ["to another host, by its user", "http://{host}@evil.example/api/v1/logs?after=1"],
    ["to something else of the org", "/api/v1/users?after=1"],
  ].map(([name, cursor = ""]) => ({
    ...poll(`a poll whose cursor leads ${name}`, []),
    cursor,
    answer: { status: 200, body: { outcome: "done", ...counts({ pages: 1 }) } },
    log: [
      {
        severity: "WARNING",
        message:
          "The cursor is damaged; the System Log is read again from the creation of the stack, so nothing is missing.",
      },
      { ...line("polled"), outcome: "done", ...counts({ pages: 1 }) },
    ],
    effects: ["GET /api/v1/logs from a moment on", `object state-bucket/cursor.json: ${END_OF_LOG}`],
  })),
];

/** The second chunk of a replay, with its first page. */
function replay(
  name: string,
  first: Page,
  come: (id: string) => Pick<Case, "answer" | "log" | "effects">,
): Case {
  const task = continuation();
  return {
    name: `a page with ${name}`,
    function: "reconcile",
    request: { headers: json(), body: JSON.stringify(task) },
    replay: { id: task.id, next: PLACE },
    pages: [first],
    ...come(task.id),
  };
}

function progress(id: string, state: string): string {
  return `object state-bucket/replays/${id}.json: ${state}`;
}

function poll(name: string, pages: readonly Page[]): Pick<Case, "name" | "function" | "request" | "pages"> {
  return { name, function: "reconcile", request: { headers: json(), body: JSON.stringify(pollTask) }, pages };
}

/** The page counts, and the cursor loses its link: the next run begins again from an earlier moment on. */
function stoppedPoll(name: string, link: string, reason: string): Case {
  const counted = counts({ pages: 1, events: 1, wanted: 1, queued: 1 });
  return {
    ...poll(name, [{ events: [honest], link }]),
    answer: { status: 503, body: { outcome: "retry", ...counted } },
    log: standing(
      {
        fault: "no-next-link",
        message: "Okta's System Log gives no next page; the next run starts again from an earlier time.",
        remedy:
          "If it lasts, show Okta's support that GET /api/v1/logs returns no next link that can be followed.",
      },
      { outcome: "retry", ...counted },
      { reason },
    ),
    effects: [`GET ${END_OF_LOG}`, `task ${GROUP} 00uHonest`, "object state-bucket/cursor.json: no link"],
  };
}

import type { Clock } from "../../function/shared/clock.ts";
import { isObject, parseJson } from "../../function/shared/json.ts";
import { type LookedUp, lookUp, messageOf } from "../../infra/okta/management-client.ts";
import { outboundFetch } from "../../infra/outbound-fetch.ts";
import { type Finding, finding, type Happening } from "../findings.ts";
import { groupsOf, listOf } from "../okta.ts";
import type { Screen } from "../screen.ts";
import { readWay, type WayPlace } from "./way.ts";

/** Whose sign-in is followed, and what it leads to. */
export interface SignInToFollow {
  readonly orgUrl: string;
  readonly login: string;
  /** With it, the command signs in itself. */
  readonly password: string | undefined;
  /** The groups of the rules: ids by name. */
  readonly groupIds: Readonly<Record<string, string>>;
  /** The events of the rules. */
  readonly eventTypes: readonly string[];
  /** Where the way between sign-in and membership is looked up. */
  readonly place: WayPlace;
  /** How long the sign-in is waited for, in milliseconds. */
  readonly waitMs: number;
}

/** How long a membership may take after the sign-in, in milliseconds. */
const MEMBERSHIP_MS = 120_000;

/** Between two looks, in milliseconds: the System Log allows few calls a minute. */
const LOG_PAUSE_MS = 3_000;
const GROUPS_PAUSE_MS = 1_000;

/**
 * Waits for a person's sign-in, or makes it, and until they are a member.
 *
 * @param screen shows each step as it happens
 * @param signal ends the waiting
 */
export async function followSignIn(
  follow: SignInToFollow,
  { screen, clock, signal }: { readonly screen: Screen; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const { orgUrl, login, password, groupIds, waitMs } = follow;
  const { ok, failure, unknown } = finding("sign-in");
  const user = await lookUp(orgUrl, "users", `/api/v1/users/${encodeURIComponent(login)}`);
  if (user.kind === "absent") {
    return [
      failure(`Nobody in the org has the login ${login}.`, {
        fix: "Create the user, or give another login.",
      }),
    ];
  }
  if (user.kind === "unknown" || !isObject(user.body))
    return [unknown(`The user ${login}: ${reasonOf(user)}.`)];
  const id = String(user.body["id"]);
  const before = await groupsOf(orgUrl, id);
  if (before === undefined) return [unknown(`The groups of ${login} could not be looked up.`)];
  const wanted = Object.entries(groupIds).filter(([, groupId]) => !before.includes(groupId));
  if (wanted.length === 0) {
    const names = Object.keys(groupIds).join(", ");
    return [
      unknown(`${login} is a member of ${names} already, so a sign-in changes nothing.`, {
        fix: "Remove them from the group first, or give the login of somebody who is in none.",
      }),
    ];
  }

  const since = new Date(clock.now() - 1_000).toISOString();
  if (password === undefined) {
    screen.line(`Sign in to ${orgUrl} as ${login} within ${Math.round(waitMs / 1000)} s.`);
  } else {
    const refusal = await signIn(orgUrl, login, password);
    if (refusal !== undefined)
      return [
        failure(`Okta refuses the sign-in of ${login}: ${refusal}.`, {
          fix: "Check the password, and that its policy asks for no second factor.",
        }),
      ];
    screen.line(`Signed in as ${login}.`);
  }
  const found = await waitFor(clock, signal, waitMs, LOG_PAUSE_MS, () => findEvent(follow, id, since));
  if (found === undefined) {
    return [
      failure(
        `Okta's System Log has no sign-in of ${login} (${follow.eventTypes.join(", ")}) within ${Math.round(waitMs / 1000)} s.`,
        {
          fix: "A person who is signed in already starts no new session: sign out first.",
        },
      ),
    ];
  }
  if ("reason" in found) return [unknown(`Whether ${login} signed in: ${found.reason}.`)];
  const { published, eventType, uuid } = found;
  screen.line(`  ${published}  ${eventType}, in Okta's System Log`);
  const joined = await waitFor(clock, signal, MEMBERSHIP_MS, GROUPS_PAUSE_MS, async () => {
    const now = await groupsOf(orgUrl, id);
    return wanted.find(([, groupId]) => now?.includes(groupId) === true);
  });
  if (joined === undefined) {
    return [
      failure(
        `${login} signed in at ${published} (${eventType}), and is in no group of the rules ${MEMBERSHIP_MS / 1000} s later.`,
        {
          fix: "A rule's condition may leave them out. Otherwise the logs say where it stopped: pulumi stack output links has their page.",
        },
      ),
    ];
  }
  const [group, groupId] = joined;
  const seen = clock.now();
  const seconds = Math.max(seen - Date.parse(published), 0) / 1000;
  const logged = { eventUuid: uuid, userId: id, groupId, published };
  const { steps: between, problem } = await readWay(logged, follow.place, { clock, signal });
  const member = { at: new Date(seen).toISOString(), what: `seen as a member of "${group}"` };
  const steps: readonly Happening[] = [
    { at: published, what: `signed in (${eventType})` },
    ...between.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at)),
    member,
  ];
  for (const { at, what } of steps.slice(1)) screen.line(`  ${at}  ${what}`);
  return [
    ok(
      `${login} signed in at ${published} (${eventType}), and was seen as a member of "${group}" ${seconds.toFixed(1)} s later.`,
      { steps },
    ),
    ...(problem === undefined
      ? []
      : [
          finding("sign-in-way").unknown(`The way between sign-in and membership: ${problem}.`, {
            optional: true,
          }),
        ]),
  ];
}

/** Okta, "Authentication API": primary authentication. @returns why it failed */
async function signIn(orgUrl: string, username: string, password: string): Promise<string | undefined> {
  try {
    const response = await outboundFetch(`${orgUrl}/api/v1/authn`, {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify({ username, password }),
      redirect: "error",
    });
    const body = parseJson(await response.text());
    const answer = isObject(body) ? body : {};
    if (response.status !== 200) return `${response.status} ${String(answer["errorCode"] ?? "")}`.trim();
    return answer["status"] === "SUCCESS" ? undefined : String(answer["status"]);
  } catch (error) {
    return messageOf(error);
  }
}

/** The sign-in, as soon as it is in the System Log; or why that cannot be looked up. */
async function findEvent(
  { orgUrl, eventTypes }: SignInToFollow,
  userId: string,
  since: string,
): Promise<
  | { readonly published: string; readonly eventType: string; readonly uuid: string }
  | { readonly reason: string }
  | undefined
> {
  const types = eventTypes.map((type) => `eventType eq "${type}"`).join(" or ");
  const filter = `(${types}) and actor.id eq "${userId}" and outcome.result eq "SUCCESS"`;
  const answer = await lookUp(
    orgUrl,
    "logs",
    `/api/v1/logs?${new URLSearchParams({ since, filter, limit: "1" })}`,
  );
  if (answer.kind === "unknown") return { reason: answer.reason };
  const [event] = listOf(answer);
  if (event === undefined) return undefined;
  const { published, eventType, uuid } = event;
  return { published: String(published), eventType: String(eventType), uuid: String(uuid) };
}

function reasonOf(answer: LookedUp): string {
  return answer.kind === "unknown" ? answer.reason : "Okta does not answer";
}

/** Looks again and again. @returns undefined when the time is over, or the signal is aborted */
async function waitFor<Result>(
  clock: Clock,
  signal: AbortSignal,
  milliseconds: number,
  pauseMs: number,
  look: () => Promise<Result | undefined>,
): Promise<Result | undefined> {
  const end = clock.now() + milliseconds;
  while (!signal.aborted) {
    const found = await look();
    if (found !== undefined) return found;
    if (clock.now() >= end) return undefined;
    await clock.sleep(pauseMs, signal);
  }
  return undefined;
}

/** What every hook of one's own does the same way, whatever serves it: one group, one event. */
import { createHash, timingSafeEqual } from "node:crypto";

const { HOOK_SECRET = "", QUEUE = "", GRANT_URL = "", GROUP_ID = "", EVENT_TYPE = "" } = process.env;

/** In bytes. */
export const MAXIMUM_BODY = 1024 * 1024;

/** Okta gives up after 3 s. In milliseconds. */
export const ANSWER_WITHIN = 2_500;

export const TASKS_URL = `${process.env["CLOUD_TASKS_ENDPOINT"]}/v2/${QUEUE}/tasks`;
export const TOKEN_URL = `http://${process.env["GCE_METADATA_HOST"]}/computeMetadata/v1/instance/service-accounts/default/token`;

const digest = (text: string) => createHash("sha256").update(text).digest();
const expected = digest(`Bearer ${HOOK_SECRET}`);

/** Whether a request carries the hook's secret. */
export function isAuthentic(authorization: string | undefined): boolean {
  return timingSafeEqual(digest(authorization ?? ""), expected);
}

/** What of Okta's delivery a hook looks at. */
interface Delivery {
  readonly data: {
    readonly events: readonly {
      readonly uuid: string;
      readonly eventType: string;
      readonly published: string;
      readonly outcome?: { readonly result: string };
      readonly actor: { readonly id: string; readonly type: string };
    }[];
  };
}

/** A user who has signed in. */
export interface SignIn {
  readonly userId: string;
  readonly eventUuid: string;
  readonly eventType: string;
  readonly published: string;
}

/** The successful sign-ins of a delivery. @throws when it is not a delivery */
export function signInsOf(delivery: Delivery): SignIn[] {
  return delivery.data.events
    .filter(
      ({ eventType, outcome, actor }) =>
        eventType === EVENT_TYPE && outcome?.result === "SUCCESS" && actor.type === "User",
    )
    .map(({ uuid, eventType, published, actor }) => ({
      userId: actor.id,
      eventUuid: uuid,
      eventType,
      published,
    }));
}

/** A task that makes a user a member (Google Cloud, "Cloud Tasks REST API": tasks.create). */
export function taskOf(signIn: SignIn) {
  const name = createHash("sha256").update(`${signIn.eventUuid}/${signIn.userId}`).digest("hex");
  return {
    name: `${QUEUE}/tasks/${name}`,
    httpRequest: {
      url: GRANT_URL,
      httpMethod: "POST" as const,
      headers: { "Content-Type": "application/json" },
      body: Buffer.from(JSON.stringify({ groupId: GROUP_ID, ...signIn })).toString("base64"),
    },
  };
}

/** Keeps a token until a minute before its end. @param ask asks the metadata server */
export function keepToken(
  ask: () => Promise<{ readonly access_token: string; readonly expires_in: number }>,
): () => Promise<string> {
  let current: { readonly token: Promise<string>; readonly until: number } | undefined;
  return () => {
    if (current === undefined || Date.now() >= current.until) {
      const answer = ask();
      current = {
        token: answer.then(({ access_token: token, expires_in: seconds }) => {
          if (current !== undefined) current = { ...current, until: Date.now() + (seconds - 60) * 1000 };
          return token;
        }),
        until: Number.POSITIVE_INFINITY,
      };
      answer.catch(() => {
        current = undefined;
      });
    }
    return current.token;
  };
}

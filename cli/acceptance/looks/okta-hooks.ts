import { defineLook, objectOf, wordOf } from "../look.ts";
import type { Answer, Probe } from "../probe.ts";
import { randomName } from "./temporary.ts";

const HOOKS = "okta/routes/event-hooks.ts";
const SETTINGS = "okta/hooks/settings.ts";

/** The stack's own event hook, and one that is never verified, so that nothing is delivered to it. */
export const oktaHooks = defineLook(
  { id: "okta-hooks", after: "look" },
  async (probe) => {
    const { okta, stack } = probe;
    const own = stack.resources.find(({ type }) => type === "okta:index/eventHook:EventHook");
    const stacks = own === undefined ? undefined : await okta("GET", `/api/v1/eventHooks/${own.id}`);
    const name = randomName();
    const made = await create(probe, { name });
    const hook = `/api/v1/eventHooks/${String(objectOf(made)["id"])}`;
    try {
      const refused = {
        sameName: await refuse(probe, { name }),
        plainAddress: await refuse(probe, { uri: "http://example.com/hook" }),
        ineligible: await refuse(probe, { items: ["event_hook.verified"] }),
        withoutEvents: await refuse(probe, { items: [] }),
        secret: await refuse(probe, { value: "ünprintable" }),
        ownHeader: await refuse(probe, { headers: [{ key: "Host", value: "example.com" }] }),
      };
      const active = await okta("DELETE", hook);
      const deactivated = await okta("POST", `${hook}/lifecycle/deactivate`);
      return { stacks, made, refused, active, deactivated, deleted: await okta("DELETE", hook) };
    } finally {
      await remove(probe, hook);
    }
  },
  ({ answers, shows }) => [
    shows([HOOKS, "A hook that answers the challenge is VERIFIED"], "VERIFIED", ({ stacks }) => {
      const { verificationStatus } = objectOf(stacks);
      return [
        stacks?.status === 200 ? verificationStatus === "VERIFIED" : undefined,
        String(verificationStatus),
      ];
    }),
    shows(
      [HOOKS, "A hook is made with 200"],
      "200, ACTIVE and UNVERIFIED, without its secret",
      ({ made }) => {
        const { status, verificationStatus } = objectOf(made);
        const hides = JSON.stringify(made.body).includes(SECRET) ? "with" : "without";
        const seen = `${wordOf(made)}, ${String(status)} and ${String(verificationStatus)}, ${hides} its secret`;
        return [seen === "200, ACTIVE and UNVERIFIED, without its secret", seen];
      },
    ),
    answers([HOOKS, "Two hooks can't have the same name"], "400 E0000001", (all) => all.refused.sameName),
    answers(
      [SETTINGS, "A hook's address begins with https://"],
      "400 E0000001",
      (all) => all.refused.plainAddress,
    ),
    answers(
      [SETTINGS, "An event type that is not eligible for hooks"],
      "400 E0000001",
      (all) => all.refused.ineligible,
    ),
    answers(
      [SETTINGS, "A hook subscribes to 1 to 300 event types"],
      "400 E0000001",
      (all) => all.refused.withoutEvents,
    ),
    answers([SETTINGS, "The value of a hook's header is printable ASCII."], "400 E0000001", (all) => {
      return all.refused.secret;
    }),
    answers([SETTINGS, "A hook can't set headers that Okta sets itself"], "400 E0000001", (all) => {
      return all.refused.ownHeader;
    }),
    answers([HOOKS, "An active hook can't be deleted"], "403 E0000006", ({ active }) => active),
    answers([HOOKS, "A hook is deactivated with 200"], "200", ({ deactivated }) => deactivated),
    answers([HOOKS, "An inactive hook is deleted with 204."], "204", ({ deleted }) => deleted),
  ],
);

const SECRET = "a-secret-that-guards-nothing";

interface Hook {
  readonly name?: string;
  readonly uri?: string;
  readonly items?: readonly string[];
  readonly value?: string;
  readonly headers?: readonly object[];
}

function create({ okta }: Probe, hook: Hook): Promise<Answer> {
  const {
    name = randomName(),
    uri = "https://example.com/hook",
    items = ["user.session.start"],
    value = SECRET,
    headers = [],
  } = hook;
  return okta("POST", "/api/v1/eventHooks", {
    body: {
      name,
      events: { type: "EVENT_TYPE", items },
      channel: {
        type: "HTTP",
        version: "1.0.0",
        config: { uri, headers, authScheme: { type: "HEADER", key: "Authorization", value } },
      },
    },
  });
}

/** Makes a hook that Okta should refuse, and deletes it where it does not. */
async function refuse(probe: Probe, hook: Hook): Promise<Answer> {
  const answer = await create(probe, hook);
  const { id } = objectOf(answer);
  if (typeof id === "string") await remove(probe, `/api/v1/eventHooks/${id}`);
  return answer;
}

async function remove({ okta }: Probe, hook: string): Promise<void> {
  await okta("POST", `${hook}/lifecycle/deactivate`);
  await okta("DELETE", hook);
}

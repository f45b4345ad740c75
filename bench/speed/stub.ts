/** What stands in for Google and Okta: a process of its own, which answers as little as will do, at once. */
import { createServer, type Socket } from "node:net";
import { createReader, headerOf, type Message } from "./http-text.ts";
import { memberId } from "./members.ts";

/** How the stub is to behave. */
export interface Behaviour {
  /** What becomes of a task: it is created at once, or there is never an answer. */
  readonly queue: "answers" | "hangs";
  /** Members of the group. */
  readonly members: number;
  /** Pages of the System Log, of 1,000 events each that no rule wants. */
  readonly pages: number;
  /** Whether the tasks themselves are kept. */
  readonly keep: boolean;
}

/** What the stub was asked for since its behaviour was last set. */
export interface Seen {
  readonly tokens: number;
  readonly tasks: number;
  readonly puts: number;
  readonly memberPages: number;
  readonly logPages: number;
  readonly writes: number;
  /** Bodies of the tasks that were kept. */
  readonly kept: readonly string[];
}

const NORMAL: Behaviour = { queue: "answers", members: 0, pages: 0, keep: false };

let behaviour = NORMAL;
let kept: string[] = [];
let seen = nothing();
let logPage = "[]";

function nothing() {
  return { tokens: 0, tasks: 0, puts: 0, memberPages: 0, logPages: 0, writes: 0 };
}

const TASK = answer(200, '{"name":"projects/acme/locations/europe-west1/queues/memberships/tasks/1"}');
const TOKEN = answer(
  200,
  '{"access_token":"google-token","expires_in":3599,"token_type":"Bearer"}',
  "metadata-flavor: Google\r\n",
);
const FLAVOR = answer(200, "{}", "metadata-flavor: Google\r\n");
const OKTA_TOKEN = answer(
  200,
  '{"access_token":"okta-token","expires_in":3600,"token_type":"Bearer","scope":"okta.groups.manage okta.logs.read"}',
);
const SIGNATURE = answer(200, JSON.stringify({ signature: Buffer.alloc(256, 1).toString("base64") }));
const DONE = answer(204, "");
const REFUSED = answer(401, '{"error":{"code":401,"status":"UNAUTHENTICATED"}}');
const UNKNOWN = answer(404, '{"error":{"code":404,"status":"NOT_FOUND"}}');

function answer(status: number, body: string, headers = ""): Buffer {
  const length = status === 204 ? "" : `content-length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(
    `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\n${headers}${length}\r\n${body}`,
  );
}

const objects = new Map<string, { readonly content: string; readonly generation: number }>();

function respond(message: Message, socket: Socket): Buffer | undefined {
  const { head } = message;
  const [method = "", path = ""] = head.slice(0, head.indexOf("\r\n")).split(" ");
  // Google's own client adds a query.
  if (method === "POST" && /\/tasks(\?|$)/.test(path)) {
    if (headerOf(head, "authorization") !== "Bearer google-token") return REFUSED;
    seen.tasks += 1;
    if (behaviour.keep) kept.push(message.body.toString());
    return behaviour.queue === "answers" ? TASK : undefined;
  }
  if (path.startsWith("/computeMetadata/")) {
    if (!path.includes("/token")) return FLAVOR;
    seen.tokens += 1;
    return TOKEN;
  }
  if (path.startsWith("/api/v1/groups/")) return respondGroup(method, path, socket);
  if (path.startsWith("/api/v1/logs")) return respondLog(path, socket);
  if (path === "/oauth2/v1/token") return OKTA_TOKEN;
  if (path.endsWith(":asymmetricSign")) return SIGNATURE;
  if (path.startsWith("/storage/") || path.startsWith("/upload/"))
    return respondStorage(method, path, message);
  return UNKNOWN;
}

/** Members, and events, on one page, as the functions ask for them. */
const PAGE = 1000;

function respondGroup(method: string, path: string, socket: Socket): Buffer {
  if (method === "PUT") {
    seen.puts += 1;
    return DONE;
  }
  const url = new URL(path, `http://127.0.0.1:${socket.localPort}`);
  if (!url.pathname.endsWith("/users"))
    return answer(200, '{"lastMembershipUpdated":"2026-01-01T00:00:00.000Z"}');
  seen.memberPages += 1;
  const from = Number(url.searchParams.get("after") ?? 0);
  const count = Math.max(0, Math.min(PAGE, behaviour.members - from));
  const users = Array.from({ length: count }, (_, index) => ({
    id: memberId(from + index),
    status: "ACTIVE",
    created: "2025-01-01T00:00:00.000Z",
    lastLogin: "2026-01-05T10:00:01.000Z",
    type: { id: "otyBench" },
    profile: {
      firstName: "Jane",
      lastName: "Example",
      login: `jane.${from + index}@example.com`,
      mobilePhone: null,
    },
    credentials: { provider: { type: "OKTA", name: "OKTA" } },
    _links: { self: { href: `${url.origin}/api/v1/users/${memberId(from + index)}` } },
  }));
  const next = from + count;
  const link =
    next >= behaviour.members
      ? ""
      : `link: <${url.origin}${url.pathname}?limit=${PAGE}&after=${next}>; rel="next"\r\n`;
  return answer(200, JSON.stringify(users), `date: ${new Date().toUTCString()}\r\n${link}`);
}

/** All pages hold the same events but for their uuids, which name the page. */
function respondLog(path: string, socket: Socket): Buffer {
  seen.logPages += 1;
  const url = new URL(path, `http://127.0.0.1:${socket.localPort}`);
  const page = Number(url.searchParams.get("after") ?? 0);
  const body = page < behaviour.pages ? logPage.replaceAll("PAGE", String(page).padStart(4, "0")) : "[]";
  url.searchParams.delete("since");
  url.searchParams.set("after", String(Math.min(page + 1, behaviour.pages)));
  return answer(200, body, `link: <${url.href}>; rel="next"\r\ndate: ${new Date().toUTCString()}\r\n`);
}

function respondStorage(method: string, path: string, { body }: Message): Buffer {
  const url = new URL(path, "http://stub");
  if (method === "GET") {
    const object = objects.get(decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf("/") + 1)));
    return object === undefined
      ? Buffer.from("HTTP/1.1 404 X\r\ncontent-length: 17\r\n\r\nNo such object: x")
      : answer(200, object.content, `x-goog-generation: ${object.generation}\r\n`);
  }
  seen.writes += 1;
  const name = url.searchParams.get("name") ?? "";
  const generation = (objects.get(name)?.generation ?? 0) + 1;
  objects.set(name, { content: body.toString(), generation });
  return answer(200, JSON.stringify({ name, generation: String(generation) }));
}

process.on("message", async ({ id, order }: { id: number; order: Partial<Behaviour> | "seen" }) => {
  if (order === "seen") {
    process.send?.({ id, result: { ...seen, kept } });
    return;
  }
  behaviour = { ...NORMAL, ...order };
  seen = nothing();
  kept = [];
  objects.clear();
  if (behaviour.pages > 0) {
    const { createEvent, UNWANTED } = await import("./deliveries.ts");
    const events = Array.from({ length: PAGE }, (_, index) => ({
      ...createEvent({ eventType: UNWANTED, size: "small" }),
      uuid: `PAGE${String(index).padStart(6, "0")}-0000-4000-8000-000000000000`,
      published: new Date(Date.now() - 3600_000).toISOString(),
    }));
    logPage = JSON.stringify(events);
  }
  process.send?.({ id, result: {} });
});
process.on("disconnect", () => process.exit(0));

const server = createServer({ noDelay: true }, (socket) => {
  const read = createReader((message) => {
    const bytes = respond(message, socket);
    if (bytes !== undefined) socket.write(bytes);
  });
  socket.on("data", read).on("error", () => undefined);
});
// What is answered by 204 whatever it is: the fastest server there can be, to find the client's own limit by.
const fastest = createServer({ noDelay: true }, (socket) => {
  socket
    .on(
      "data",
      createReader(() => socket.write(DONE)),
    )
    .on("error", () => undefined);
});
server.listen(0, "127.0.0.1", () => {
  fastest.listen(0, "127.0.0.1", () => {
    const ports = [server, fastest].map((one) => {
      const address = one.address();
      return typeof address === "object" && address !== null ? address.port : 0;
    });
    process.send?.({ id: 0, result: { port: ports[0], fastestPort: ports[1], pid: process.pid } });
  });
});

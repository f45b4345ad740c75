import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { refuseForeign } from "../own-machine.ts";
import type { Console } from "./console.ts";
import { type Files, readFiles, type Served } from "./files.ts";

/** How a console is served. */
export interface ServerOptions {
  /** The port to use; another one is taken when it is in use. */
  readonly port?: number;
  /** Random unless given. */
  readonly token?: string;
}

/** A console that pages can reach. */
export interface ServedConsole {
  /** The address for a browser, with the token that lets it change something. */
  readonly url: string;
  /** The address without it. */
  readonly origin: string;
  close(): Promise<void>;
}

/** The port at which people find the console from one day to the next. */
export const USUAL_PORT = 4600;

/** The header in which a page sends the token of its address. */
const TOKEN_HEADER = "x-console-token";

/**
 * Serves a console on 127.0.0.1 only. Requests by another name, or of another page, are refused; whatever changes something needs the
 * token, which only somebody has who was given the address.
 */
export async function serveConsole(
  { api }: Pick<Console, "api">,
  { port = 0, token = randomBytes(18).toString("base64url") }: ServerOptions = {},
): Promise<ServedConsole> {
  const files = await readFiles();
  const app = new Hono();
  app.use(async ({ req }, next) => {
    const foreign = refuseForeign(req.header("host"), req.header("origin"));
    if (foreign !== undefined) return foreign;
    // A page from elsewhere may lead here, and may not include anything from here.
    const site = req.header("sec-fetch-site") ?? "none";
    const isNavigation = req.header("sec-fetch-mode") === "navigate" && req.path === "/";
    if (site !== "none" && site !== "same-origin" && !isNavigation) {
      return new Response("This server takes no requests from pages.\n", { status: 403 });
    }
    return next();
  });
  app.use("/api/*", async ({ req }, next) => {
    if (req.method === "GET") return next();
    if (!isEqual(req.header(TOKEN_HEADER) ?? "", token)) {
      const error = "This page may only look: open the address that npm start has printed, with its token.";
      return Response.json({ error }, { status: 403 });
    }
    return next();
  });
  app.route("/api", api);
  app.get("/", ({ req }) => answer(files.document, req.raw, policy(files)));
  app.get("*", ({ req }) => {
    const file = files.get(req.path);
    return file === undefined
      ? new Response("There is no such file.\n", { status: 404 })
      : answer(file, req.raw, {});
  });

  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
  const listen = async (wanted: number) => {
    server.listen(wanted, "127.0.0.1");
    await once(server, "listening");
  };
  await listen(port).catch(() => listen(0));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The console has no port.");
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    origin,
    url: `${origin}/?token=${token}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
}

/** What the browser lets the page do: load its own files, and talk to its own server. */
function policy({ importMapHash }: Files): Record<string, string> {
  const directives = [
    "default-src 'none'",
    `script-src 'self' 'sha256-${importMapHash}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    "content-security-policy": directives.join("; "),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
  };
}

function answer(
  { type, content, compressed, tag }: Served,
  request: Request,
  more: Readonly<Record<string, string>>,
): Response {
  const headers = {
    ...more,
    "content-type": type,
    "cache-control": "no-cache",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    etag: tag,
    vary: "accept-encoding",
  };
  if (request.headers.get("if-none-match") === tag) return new Response(null, { status: 304, headers });
  if (!/\bgzip\b/.test(request.headers.get("accept-encoding") ?? "")) {
    return new Response(new Uint8Array(content), { headers });
  }
  return new Response(new Uint8Array(compressed), { headers: { ...headers, "content-encoding": "gzip" } });
}

/** Compares in a time that says nothing of where two texts differ. */
function isEqual(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}

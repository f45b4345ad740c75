import type { RequestListener } from "node:http";

/** The names by which a server of the sandbox is called. */
const OWN_NAMES: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** What a request from elsewhere is answered with. */
const FOREIGN_STATUS = 403;

/**
 * Why a request to a server of the sandbox is refused; undefined when it is not.
 *
 * Loopback by itself does not keep out somebody who runs a page in this machine's browser: a name of theirs may lead to 127.0.0.1 (DNS
 * rebinding), which `Host` shows, and a page may send requests to any address, which `Origin` shows. No caller of these servers
 * is a page: whatever origin there is must be the server's own.
 */
function foreignness({
  host,
  origin,
}: {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}): string | undefined {
  if (host === undefined || !isOwn(host)) return "This server is called by its loopback address only.";
  if (origin !== undefined && origin !== `http://${host}`) return "This server takes no requests from pages.";
  return undefined;
}

/** Whether a host, with or without a port, is this machine by a name that nobody else can have. */
export function isOwn(host: string): boolean {
  return OWN_NAMES.has(host.replace(/:\d+$/, "").toLowerCase());
}

/** The answer to a request from elsewhere; undefined to one of this machine's own. */
export function refuseForeign(host: string | undefined, origin: string | undefined): Response | undefined {
  const reason = foreignness({ host, origin });
  return reason === undefined ? undefined : new Response(`${reason}\n`, { status: FOREIGN_STATUS });
}

/** A listener that answers only what comes from this machine itself. */
export function forOwnMachine(listener: RequestListener): RequestListener {
  return (request, response) => {
    const { host, origin } = request.headers;
    const reason = foreignness({ host, origin });
    if (reason === undefined) return listener(request, response);
    response.writeHead(FOREIGN_STATUS, { "content-type": "text/plain; charset=utf-8", connection: "close" });
    response.end(`${reason}\n`);
  };
}

/**
 * Node.js goes through a proxy if it is configured to (`NODE_USE_ENV_PROXY=1` or `--use-env-proxy`; Node.js, "Enterprise network
 * configuration"), also to this machine itself, where the two clouds are.
 *
 * @returns what is wrong and what to do, in one sentence; undefined when requests to this machine stay on it
 */
export function proxyFault(
  environment: Readonly<Record<string, string | undefined>>,
  options: readonly string[],
): string | undefined {
  const words = [...options, ...(environment["NODE_OPTIONS"] ?? "").split(/\s+/)];
  if (environment["NODE_USE_ENV_PROXY"] !== "1" && !words.includes("--use-env-proxy")) return undefined;
  const one = (name: string) => environment[name.toLowerCase()] ?? environment[name] ?? "";
  if (one("HTTP_PROXY") === "") return undefined;
  const direct = one("NO_PROXY").split(/[\s,]+/);
  if (direct.includes("*") || direct.includes("127.0.0.1")) return undefined;
  return (
    "Node.js is configured to use the proxy of HTTP_PROXY for every address (NODE_USE_ENV_PROXY or --use-env-proxy), so the two clouds " +
    "on this machine can't be reached: add 127.0.0.1 to NO_PROXY, or unset NODE_USE_ENV_PROXY."
  );
}

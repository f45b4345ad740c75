import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { Page } from "./case.ts";

/** An Okta that answers as it was set to, and remembers every call. */
export interface ScriptedOkta {
  readonly url: string;
  /** `METHOD path?query` of every call but those for tokens. */
  readonly calls: string[];
  /** Every client assertion that a token was asked for with. */
  readonly assertions: string[];
  /** The next pages of the System Log, or of lists of members; behind the last one they are empty. */
  pages: readonly Page[];
  close(): void;
}

/** The tokens that it gives begin with this. */
export const OKTA_TOKEN = "okta-access-token-";

/** Where the System Log goes on when there is nothing more. */
export const END_OF_LOG = "/api/v1/logs?after=end";

export async function startScriptedOkta(): Promise<ScriptedOkta> {
  const server = createServer(async (request, response) => {
    const { method = "", url = "" } = request;
    const { status, headers, body } = answer(method, url, await readText(request));
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body === undefined ? "" : JSON.stringify(body));
  });

  const answer = (method: string, path: string, text: string): Answer => {
    if (path === "/oauth2/v1/token") {
      okta.assertions.push(new URLSearchParams(text).get("client_assertion") ?? "");
      const token = `${OKTA_TOKEN}${okta.assertions.length}`;
      return { status: 200, body: { token_type: "Bearer", expires_in: 3600, access_token: token } };
    }
    okta.calls.push(`${method} ${path}`);
    if (method === "PUT") return { status: 204 };
    const end = path.startsWith("/api/v1/logs") ? `<${okta.url}${END_OF_LOG}>; rel="next"` : "";
    const [page = { link: end }, ...others] = okta.pages;
    okta.pages = others;
    return { status: 200, headers: { link: page.link }, body: page.events ?? [] };
  };

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  const okta: ScriptedOkta = {
    url: `http://127.0.0.1:${address.port}`,
    calls: [],
    assertions: [],
    pages: [],
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return okta;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

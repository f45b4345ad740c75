import { once } from "node:events";
import { createServer, type IncomingMessage, request as send } from "node:http";

/** Somebody between a function and Okta, who hears all and passes on what they like. */
export interface OktaBetween {
  readonly url: string;
  /** Each client assertion that came by, and the status that Okta answered; undefined when it never heard of it. */
  readonly heard: { readonly assertion: string; readonly status: number | undefined }[];
  /** What becomes of the next token requests, the first one first; then all are passed on. */
  readonly fates: Fate[];
  /** Whether a call's credential is still good. */
  acceptsToken: (authorization: string) => boolean;
  close(): void;
}

/** A token request is kept from Okta, or Okta's answer from the function; either way the function hears 503 or nothing. */
export type Fate = "kept, 503" | "kept, cut" | "answer lost, 503" | "answer lost, cut";

/** Passes token requests on to an org, and answers everything else itself. */
export async function startBetween(org: string): Promise<OktaBetween> {
  const server = createServer(async (request, response) => {
    const body = await readText(request);
    if (request.url !== "/oauth2/v1/token") {
      const accepted = between.acceptsToken(request.headers.authorization ?? "");
      const done = request.method === "PUT" ? 204 : 200;
      response.writeHead(accepted ? done : 401, { "content-type": "application/json" });
      return response.end(accepted ? (done === 204 ? "" : "[]") : '{"errorCode":"E0000011"}');
    }
    const fate = between.fates.shift();
    const assertion = new URLSearchParams(body).get("client_assertion") ?? "";
    const answer = fate?.startsWith("kept") ? undefined : await ask(org, request, body);
    between.heard.push({ assertion, status: answer?.status });
    if (fate?.endsWith("cut")) return request.socket.destroy();
    response.writeHead(fate === undefined ? (answer?.status ?? 0) : 503, {
      "content-type": "application/json",
    });
    return response.end(fate === undefined ? answer?.text : "{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  const between: OktaBetween = {
    url: `http://127.0.0.1:${address.port}`,
    heard: [],
    fates: [],
    acceptsToken: () => true,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return between;
}

/** Asks Okta, by the name under which the function called. */
export async function ask(
  org: string,
  { headers }: Pick<IncomingMessage, "headers">,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const call = send(`${org}/oauth2/v1/token`, { method: "POST", headers });
  call.end(body);
  const [answer]: IncomingMessage[] = await once(call, "response");
  if (answer === undefined) throw new Error("There was no answer.");
  return { status: answer.statusCode ?? 0, text: await readText(answer) };
}

async function readText(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A hook on nothing but node:http. */
import { createServer, type IncomingMessage } from "node:http";
import { isAuthentic, MAXIMUM_BODY, type SignIn, signInsOf } from "./hook.ts";

/** @param enqueue puts a sign-in into the queue; rejects when it is not there */
export function serveHook(enqueue: (signIn: SignIn) => Promise<void>): void {
  createServer(async (request, response) => {
    if (!isAuthentic(request.headers.authorization)) return response.writeHead(401).end();
    const challenge = request.headers["x-okta-verification-challenge"];
    if (request.method === "GET") {
      response.setHeader("content-type", "application/json");
      return response.end(JSON.stringify({ verification: challenge }));
    }
    let signIns: SignIn[];
    try {
      signIns = signInsOf(JSON.parse(await read(request)));
    } catch {
      return response.writeHead(400).end();
    }
    const ended = await Promise.allSettled(signIns.map(enqueue));
    return response.writeHead(ended.every(({ status }) => status === "fulfilled") ? 204 : 503).end();
  }).listen(Number(process.env["PORT"]));
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAXIMUM_BODY) throw new Error("The body is too large.");
  }
  return Buffer.concat(chunks).toString();
}

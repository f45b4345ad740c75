import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { connectToOkta } from "../../../../function/shared/okta/transport.ts";

/** One connection, so that a call which keeps it leaves none to the next. */
const use = { connections: 1, maximumAnswerBytes: 1024 * 1024, answerTimeoutMs: 60_000 };

let server: Server;

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

async function listen(answers: ((response: ServerResponse) => void)[]): Promise<string> {
  server = createServer((_request, response) => {
    const answer = answers.shift() ?? ((last: ServerResponse) => void last.end("{}"));
    answer(response);
  });
  return addressOf(server.listen(0, "127.0.0.1"));
}

async function addressOf(listening: Server): Promise<string> {
  await once(listening, "listening");
  const address = listening.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return `http://127.0.0.1:${address.port}`;
}

/** A deadline that a test ends itself. */
function deadline() {
  const controller = new AbortController();
  const passed = () => controller.abort(new DOMException("The time is up.", "TimeoutError"));
  return { at: Number.POSITIVE_INFINITY, signal: controller.signal, passed };
}

const request = { method: "GET", path: "/", headers: {} } as const;

describe("an answer", () => {
  it.each<[string, (passed: () => void) => (response: ServerResponse) => void]>([
    ["that never begins", (passed) => () => setImmediate(passed)],
    [
      "whose body never ends",
      (passed) => (response) => {
        response.writeHead(200).write("[");
        const trickle = () => {
          if (!response.destroyed && response.write(" ")) setImmediate(trickle);
        };
        setImmediate(trickle);
        setTimeout(passed, 20);
      },
    ],
    [
      "whose body pauses",
      (passed) => (response) => {
        response.writeHead(200).write("[");
        setTimeout(passed, 20);
      },
    ],
  ])("%s ends with the call's deadline and frees the connection", async (_name, behave) => {
    const { passed, ...slow } = deadline();
    const send = connectToOkta(await listen([behave(passed)]), use);
    await expect(send({ ...request, deadline: slow })).rejects.toThrow("The time is up.");
    expect((await send({ ...request, deadline: deadline() })).status).toBe(200);
  });
});

it("ends a call that waits for a connection with that call's deadline", async () => {
  const url = await listen([() => undefined]);
  const send = connectToOkta(url, use);
  const first = deadline();
  const holding = send({ ...request, deadline: first }).catch((error: Error) => error.message);
  const second = deadline();
  const waiting = send({ ...request, deadline: second }).catch((error: Error) => error.message);
  await once(server, "request");
  second.passed();
  expect(await waiting).toBe("The time is up.");
  first.passed();
  expect(await holding).toBe("The time is up.");
});

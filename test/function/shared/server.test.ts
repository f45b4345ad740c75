import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { respondJson } from "../../../function/shared/http.ts";
import { type FunctionHere, startFunctionHere } from "../../support/function-here.ts";

let here: FunctionHere;

beforeAll(async () => {
  here = await startFunctionHere(() =>
    Promise.resolve(async (_request, response) => respondJson(response, 200, {})),
  );
});

afterAll(() => here.stop());

/** Sends text, and more when the server has had time to refuse it; only then reads what comes back until the connection ends. */
async function sendThenRead(sent: string): Promise<string> {
  const socket = connect({ port: here.port, host: "127.0.0.1" });
  await once(socket, "connect");
  const otherAnswers = async (count: number) => {
    for (let answers = 0; answers < count; answers += 1) await (await fetch(here.url)).text();
  };
  socket.write(sent);
  await otherAnswers(5);
  socket.write("more of it");
  await otherAnswers(5);
  return text(socket);
}

describe("what is not a request", () => {
  const head = "GET / HTTP/1.1\r\nHost: function.example\r\n";

  it.each([
    [
      "a header that is too long",
      `${head}X-Long: ${"x".repeat(900 * 1024)}`,
      "431 Request Header Fields Too Large",
    ],
    ["something else than HTTP", `garbage\r\n\r\n${"x".repeat(900 * 1024)}`, "400 Bad Request"],
    [
      "a chunk with too long an extension",
      `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(900 * 1024)}`,
      "413 Payload Too Large",
    ],
  ])("is answered so that a sender who goes on sending sees it: %s", async (_name, sent, status) => {
    expect(await sendThenRead(sent)).toContain(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
  });

  it("is not answered a second time, and nothing behind it is taken for a request", async () => {
    expect(await sendThenRead(`garbage\r\n\r\n${head}\r\n`)).toBe(
      "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    );
  });
});

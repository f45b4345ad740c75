import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { delivery, signInEvent } from "../../support/deliveries.ts";
import { startGrant, startReconcile } from "../hostile/subjects.ts";
import { type Connection, openConnection, openConnections } from "./connection.ts";
import { deliver } from "./honest.ts";
import { bytesRead, describeMeasured, peakMemory } from "./process-figures.ts";
import { MEBIBYTE, MEMORY, SECRET } from "./receiver.ts";
import { authorization, challenge, headersOf } from "./requests.ts";
import { servers, testsWith } from "./servers.ts";

/** Requests that Cloud Run gives an instance of `receive` at once, by default. */
const CONCURRENCY = 80;

/** Connections that a function holds open at once. */
const CONNECTIONS = 2_000;

/** The most values that a function takes in one body. */
const VALUES = 200_000;

/** Sends all of a body that the function takes. @returns the status, "cut" when there was none */
async function pour(port: number, headers: string, length: number): Promise<number | "cut"> {
  const { socket, answered, ended } = openConnection(port);
  const piece = Buffer.alloc(MEBIBYTE, " ");
  let left = length;
  const more = () => {
    while (left > 0 && socket.writable && socket.write(piece)) left -= piece.length;
  };
  socket.on("drain", more);
  socket.write(headers);
  more();
  const status = await answered(1);
  await ended;
  return status;
}

/** A delivery of one good event and something else among the events, of 1 MiB. */
function largeDelivery(other: string): Buffer {
  const [before = "", behind = ""] = JSON.stringify(
    delivery(signInEvent({ uuid: randomUUID() }), "OTHER"),
  ).split('"OTHER"');
  return Buffer.from((before + other + behind).padEnd(MEBIBYTE));
}

// Most of them only wait.
describeMeasured.concurrent.each(servers)("receive, with %s,", (server) => {
  const test = testsWith(server);

  test(
    "functions-framework",
    "reads no more of a body without the secret than one that it would take: of 1 GiB not two",
    async ({ receive }) => {
      const { port, process } = receive;
      const before = await bytesRead(process.pid ?? 0);
      expect(await pour(port, headersOf(1024 * MEBIBYTE), 1024 * MEBIBYTE)).toBe(401);
      expect((await bytesRead(process.pid ?? 0)) - before).toBeLessThan(2 * MEBIBYTE);
    },
  );

  test("node", "answers before a byte of the body has come", async ({ receive }) => {
    const { socket, answered } = openConnection(receive.port);
    socket.write(headersOf(MEBIBYTE));
    expect(await answered(1)).toBe(401);
    socket.destroy();
  });

  test(
    "functions-framework",
    "ends a connection that says nothing while it gives up on four slow bodies, one after the other",
    async ({ receive: { port } }) => {
      let isOver = false;
      const silent = openConnection(port);
      void silent.ended.then(() => {
        isOver = true;
      });
      await silent.opened;
      for (let body = 0; body < 4; body += 1) {
        const slow = openConnection(port);
        slow.socket.write(headersOf(100, authorization(SECRET)));
        expect(await slow.answered(1)).toBe(503);
        slow.socket.destroy();
      }
      expect(isOver).toBe(true);
      expect(await silent.ended).toEqual([408]);
    },
  );

  test(
    "node",
    "harms nobody who uses a connection after somebody whose body it did not read",
    async ({ receive }) => {
      const { url } = receive;
      const post = async (body: string, secret: string) => {
        const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
        const response = await fetch(url, { method: "POST", headers, body });
        await response.arrayBuffer();
        return response.status;
      };
      const good = JSON.stringify(delivery(signInEvent()));
      // Around what is still read, and what the system takes in of a body that nobody reads.
      for (const mebibytes of [0.5, 1, 1.5, 2, 3, 8]) {
        const large = " ".repeat(mebibytes * MEBIBYTE + 1);
        expect([mebibytes, await post(large, "no secret")]).toEqual([mebibytes, 401]);
        expect([mebibytes, await post(good, SECRET)]).toEqual([mebibytes, 204]);
      }
    },
  );

  test(
    "node",
    "takes no more connections than it has room for, and more again when some have ended",
    async ({ receive }) => {
      const { port, process } = receive;
      const idle: Connection[] = [];
      let answer: number | "cut";
      do {
        // The first ones end while the last are opened on a slow machine: so it may take more than there is room for.
        idle.push(...(await openConnections(port, CONNECTIONS / 4)));
        const one = openConnection(port);
        one.socket.write(challenge());
        answer = await one.answered(1);
        one.socket.destroy();
      } while (answer !== "cut" && idle.length < 5 * CONNECTIONS);
      expect(answer).toBe("cut");
      expect(idle.length).toBeGreaterThanOrEqual(CONNECTIONS);
      expect(await peakMemory(process.pid ?? 0)).toBeLessThan(MEMORY / 2);
      await Promise.all(idle.map(({ ended }) => ended));
      expect(await deliver(port, SECRET)).toBe(204);
    },
  );
});

// Only the limit is their own: how a body is read is the same for all three, and tried above with both servers.
describeMeasured.concurrent.each([
  ["grant", startGrant],
  ["reconcile", startReconcile],
] as const)("%s, which nobody reaches but by IAM", (_name, start) => {
  it("reads no more of a body than its limit, from any sender", async () => {
    const subject = await start();
    try {
      const { port, process } = subject.process;
      const before = await bytesRead(process.pid ?? 0);
      expect(await pour(port, headersOf(1024 * MEBIBYTE), 1024 * MEBIBYTE)).toBe(413);
      const chunked = headersOf(0).replace("Content-Length: 0", "Transfer-Encoding: chunked");
      const { socket, answered } = openConnection(port);
      socket.write(`${chunked}${(64 * MEBIBYTE).toString(16)}\r\n`);
      socket.write(Buffer.alloc(64 * MEBIBYTE, " "));
      expect(await answered(1)).toBe(413);
      socket.destroy();
      expect((await bytesRead(process.pid ?? 0)) - before).toBeLessThan(4 * MEBIBYTE);
    } finally {
      await subject.stop();
    }
  });
});

// Alone: each takes all of a processor, and its deliveries have to get to the queue in time.
describeMeasured.each(servers)("receive, with %s,", (server) => {
  const test = testsWith(server);

  for (const [inShortRun, name, other] of [
    [
      "functions-framework",
      "nearly all of its events none",
      Array(VALUES / 2 - 100)
        .fill("{}")
        .join(","),
    ],
    ["node", "lists within each other", "[".repeat(VALUES - 100) + "]".repeat(VALUES - 100)],
  ] as const) {
    test(
      inShortRun,
      `has the memory for ${CONCURRENCY} deliveries at once of 1 MiB each, ${name}`,
      async ({ google, receive }) => {
        const all = Promise.withResolvers<void>();
        let waiting = 0;
        // They all wait for the queue, as long as they may.
        google.behaviour = async ({ name }) => {
          waiting += 1;
          if (waiting === CONCURRENCY) all.resolve();
          await all.promise;
          return Response.json({ name });
        };
        // All made before the first connection, which would wait for the others.
        const bodies = Array.from({ length: CONCURRENCY }, () => largeDelivery(other));
        const statuses = bodies.map(async (body) => {
          const { socket, answered } = openConnection(receive.port);
          socket.write(headersOf(body.length, authorization(SECRET)));
          socket.write(body);
          const status = await answered(1);
          socket.destroy();
          return status;
        });
        // How many get the queue's answer in time is up to the machine.
        for (const status of await Promise.all(statuses)) expect([204, 503]).toContain(status);
        expect(waiting).toBeGreaterThan(1);
        expect(receive.process.exitCode).toBeNull();
        expect(await peakMemory(receive.process.pid ?? 0)).toBeLessThan(MEMORY);
        google.behaviour = ({ name }) => Response.json({ name });
        expect(await deliver(receive.port, SECRET)).toBe(204);
      },
    );
  }
});

import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { startRunner } from "./run.ts";

/** Cloud Logging, which gives an answer and keeps what was written. */
async function startLogging(status: number) {
  const written: unknown[] = [];
  const server = createServer(async (request, response) => {
    const { authorization } = request.headers;
    written.push({ path: request.url, authorization, body: await json(request) });
    const body =
      status === 200 ? {} : { error: { code: status, message: "Denied.", status: "PERMISSION_DENIED" } };
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const run = async (exitCode: string) => {
    await using runner = await startRunner();
    return await runner.run("drift-entry.ts", [], {
      PROJECT: "acme-identity",
      STACK: "production",
      EXIT_CODE: exitCode,
      GOOGLE_OAUTH_ACCESS_TOKEN: "token",
      GOOGLE_LOGGING_CUSTOM_ENDPOINT: `http://127.0.0.1:${port}/v2/`,
    });
  };
  return { written, run };
}

it("a check writes an entry when the stack is as the program says, and none otherwise", async () => {
  const { written, run } = await startLogging(200);
  expect(await run("7")).toMatchObject({ exitCode: 0 });
  expect(await run("1")).toMatchObject({ exitCode: 0 });
  expect(written).toEqual([]);
  expect(await run("0")).toMatchObject({ exitCode: 0, stderr: "" });
  expect(written).toEqual([
    {
      path: "/v2/entries:write",
      authorization: "Bearer token",
      body: {
        logName: "projects/acme-identity/logs/signin-groups-drift",
        resource: { type: "global", labels: { project_id: "acme-identity" } },
        entries: [
          {
            severity: "INFO",
            jsonPayload: {
              message: "What is deployed is what the program says.",
              event: "drift-checked",
              stack: "production",
              outcome: "same",
            },
          },
        ],
      },
    },
  ]);
});

it("a check that may not write an entry fails, and says which right it needs", async () => {
  const { run } = await startLogging(403);
  const { exitCode, stderr } = await run("0");
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("needs logging.logEntries.create, which roles/logging.logWriter has");
});

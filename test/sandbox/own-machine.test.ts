import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { request } from "node:http";
import { connect, constants } from "node:http2";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Deployment, deployEmbedded } from "../../sandbox/deploy/embedded.ts";
import { serveProtocol } from "../../sandbox/deploy/grpc.ts";
import { type Clouds, programFor, startClouds } from "../../sandbox/environment.ts";
import { runInSharedProcess } from "../support/programs.ts";

/** 127.0.0.1 and ::1, as the kernel writes them in /proc/net. */
const LOOPBACK: ReadonlySet<string> = new Set(["0100007F", "00000000000000000000000001000000"]);

/** Where processes of the sandbox listen: the port of each, by the address. */
type Listeners = ReadonlyMap<string, ReadonlySet<number>>;

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined; // The process is gone, or another user's.
  }
}

/** The sockets of this process and of all that it started, by inode. */
function ownSockets(): ReadonlySet<string> {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    const stat = attempt(() => readFileSync(`/proc/${name}/stat`, "utf8")) ?? "";
    parents.set(Number(name), Number(/\) \S (\d+)/.exec(stat)?.[1]));
  }
  const family = new Set([process.pid]);
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.add(child);
  }
  const links = [...family].flatMap((id) =>
    (attempt(() => readdirSync(`/proc/${id}/fd`)) ?? []).map((fd) =>
      attempt(() => readlinkSync(`/proc/${id}/fd/${fd}`)),
    ),
  );
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link ?? "")?.[1] ?? []));
}

/** Adds where processes of the sandbox listen now. */
function look(listeners: Map<string, Set<number>>): void {
  const own = ownSockets();
  for (const table of ["tcp", "tcp6"]) {
    for (const line of readFileSync(`/proc/net/${table}`, "utf8").split("\n").slice(1)) {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      const [address = "", port = ""] = local.split(":");
      if (state !== "0A" || !own.has(inode)) continue;
      listeners.set(address, (listeners.get(address) ?? new Set()).add(Number.parseInt(port, 16)));
    }
  }
}

/** The status of a GET with these headers. */
function statusOf(port: number, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path: "/", headers, agent: false }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    })
      .on("error", reject)
      .end();
  });
}

describe.runIf(process.platform === "linux")("the whole sandbox", () => {
  const seen = new Map<string, Set<number>>();
  let clouds: Clouds;
  let deployment: Deployment;

  beforeAll(async () => {
    clouds = await startClouds({ onOkta: () => undefined, onGoogle: () => undefined });
    const signal = new AbortController().signal;
    // The program's own servers are there only while it is deployed. Each look reads of every process of the machine.
    let steps = 0;
    const onProgress = () => {
      if (steps % 20 === 0) look(seen);
      steps += 1;
    };
    deployment = await deployEmbedded({
      ...programFor(clouds),
      start: runInSharedProcess,
      onProgress,
      signal,
    });
    const login = "jane@acme.example";
    clouds.okta.createPerson({ login, displayName: "Jane Doe" });
    clouds.okta.signIn([{ kind: "success", login }]);
    await clouds.runJobs();
    look(seen);
  }, 120_000);

  afterAll(async () => {
    await deployment.destroy();
    await clouds.close();
  }, 60_000);

  it("listens on loopback addresses only", () => {
    const ports: Listeners = seen;
    expect([...ports.keys()].filter((address) => !LOOPBACK.has(address))).toEqual([]);
    // Both clouds, the front, the instance and the metadata server of each of three functions, and the program's engine.
    expect([...ports.values()].flatMap((each) => [...each]).length).toBeGreaterThanOrEqual(2 + 3 * 3 + 1);
  });

  it("refuses every request by another name, or of a page", async () => {
    const now = new Map<string, Set<number>>();
    look(now);
    const ports = [...now.values()].flatMap((each) => [...each]);
    expect(ports.length).toBeGreaterThanOrEqual(2 + 3 * 3);
    for (const port of ports) {
      const host = `127.0.0.1:${port}`;
      expect(await statusOf(port, { host: `rebound.example:${port}` }), `${port} by another name`).toBe(403);
      expect(await statusOf(port, { host, origin: "http://page.example" }), `${port} of a page`).toBe(403);
      expect(await statusOf(port, { host, origin: "null" }), `${port} of a page in a frame`).toBe(403);
    }
    const own = new URL(clouds.okta.url);
    expect(await statusOf(Number(own.port), { host: `localhost:${own.port}` })).toBe(404);
    expect(await statusOf(Number(own.port), { host: "127.0.0.1", origin: "http://127.0.0.1" })).toBe(404);
  });
});

it("a server of Pulumi's protocol refuses calls by another name", async () => {
  const server = await serveProtocol([{ service: EngineService, implementation: {} }]);
  const session = connect(`http://${server.address}`);
  const status = (authority: string) =>
    new Promise((resolve, reject) => {
      session
        .request({
          [constants.HTTP2_HEADER_METHOD]: "POST",
          [constants.HTTP2_HEADER_PATH]: "/pulumirpc.Engine/Log",
          [constants.HTTP2_HEADER_AUTHORITY]: authority,
          "content-type": "application/grpc",
          te: "trailers",
        })
        .on("response", (headers) => resolve(headers["grpc-status"]))
        .on("error", reject)
        .end();
    });
  expect(await status("rebound.example")).toBe("7");
  expect(await status(server.address)).toBe("12");
  session.close();
  server.close();
});

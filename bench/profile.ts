import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitCodes, parseOptions, runCommand, text } from "../cli/command.ts";
import { buildArchive } from "../infra/google/archive.ts";
import { createBench } from "./speed/bench.ts";
import { type Contender, installContenders } from "./speed/contenders.ts";
import { type CpuProfile, summarize } from "./speed/cpu-profile.ts";
import { challengeRequest, deliveryRequest, UNWANTED } from "./speed/deliveries.ts";
import { startHelper } from "./speed/helper-process.ts";
import { pinSelf } from "./speed/machine.ts";
import { conditionalRules } from "./speed/scenarios/conditions.ts";
import { createStarter, type Server } from "./speed/server.ts";
import { figure } from "./speed/terminal.ts";

const HELP = `Profiles the deployed receive, and says what of it is most expensive.

  npm run bench:profile [-- --archive PATH]

  --archive PATH   another archive than this checkout's
  --help           print this

It writes dist/profiles/*.cpuprofile, which Chrome's and VS Code's developer tools open: the start with a first delivery,
deliveries of 1 and of 100 events that no rule matches, of 10 events with 10 tasks, and of 100 events under 100 rules with conditions.
`;

/** Functions of ours that are printed. */
const SHOWN = 10;

await runCommand(HELP, async (words) => {
  const { archive } = parseOptions(words, { archive: text });
  await profileAll(archive ?? (await buildArchive()).path);
  return exitCodes.well;
});

async function profileAll(archive: string): Promise<void> {
  const target = join(import.meta.dirname, "../dist/profiles");
  await mkdir(target, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-profile-"));
  using starter = await createStarter(folder, pinSelf());
  const helper = <Greeting>(name: string) => startHelper<Greeting>(join(import.meta.dirname, "speed", name));
  const client = await helper("load-client.ts");
  const stub = await helper<{ port: number }>("stub.ts");
  try {
    await using contenders = await installContenders({ ours: archive }, [], starter, stub.greeting.port);
    const [ours] = contenders.all;
    if (ours === undefined) throw new Error("There is nothing to profile.");
    const bench = createBench(client, stub, false, () => undefined);
    await bench.setStub();
    const load = (requests: readonly Uint8Array[], connections: number) => async (server: Server) => {
      await bench.load({ port: server.port, pid: server.pid, connections, requests, expect: 204 });
    };
    const of = (events: number, eventType?: string) =>
      Array.from({ length: 8 }, () => deliveryRequest(events, eventType === undefined ? {} : { eventType }));
    const conditions = { RULES: JSON.stringify(conditionalRules(100)) };
    const profiles: readonly {
      readonly name: string;
      readonly work?: (server: Server) => Promise<void>;
      readonly environment?: Readonly<Record<string, string>>;
    }[] = [
      { name: "start" },
      { name: "1-event", work: load(of(1, UNWANTED), 20) },
      { name: "100-events", work: load(of(100, UNWANTED), 20) },
      { name: "10-tasks", work: load(of(10), 20) },
      { name: "conditions", work: load(of(100), 1), environment: conditions },
    ];
    for (const { name, work, environment } of profiles) {
      const written = join(folder, name);
      const request = work === undefined ? deliveryRequest(1) : challengeRequest();
      const expect = work === undefined ? 204 : 200;
      await profile(ours, written, { request, expect, ...(environment ? { environment } : {}) }, work);
      const [file] = await readdir(written);
      if (file === undefined) throw new Error("Node.js wrote no profile.");
      const path = join(target, `${name}.cpuprofile`);
      await rename(join(written, file), path);
      // Node.js's own format.
      print(name, path, JSON.parse(await readFile(path, "utf8")) as CpuProfile);
    }
  } finally {
    client.stop();
    stub.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function profile(
  ours: Contender,
  written: string,
  options: Parameters<Contender["start"]>[0],
  work: ((server: Server) => Promise<void>) | undefined,
): Promise<void> {
  const nodeOptions = ["--cpu-prof", `--cpu-prof-dir=${written}`, "--cpu-prof-interval=250"];
  const server = await ours.start({ ...options, nodeOptions });
  await work?.(server);
  // At its end the process writes the profile.
  await server.stop("SIGTERM");
}

function print(name: string, path: string, cpuProfile: CpuProfile): void {
  const { total, byOwner, ours } = summarize(cpuProfile, "signin-groups-bench-");
  const share = (time: number) => `${((time / total) * 100).toFixed(1)} %`.padStart(8);
  const lines = [
    "",
    `${name}: ${figure(total)} ms of CPU   ${path}`,
    ...Object.entries(byOwner).map(([owner, time]) => `  ${share(time)}  ${owner}`),
    "  of ours, in each itself:",
    ...ours
      .slice(0, SHOWN)
      .map((each) => `  ${share(each.self)}  ${`${figure(each.self)} ms`.padStart(10)}  ${each.name}`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

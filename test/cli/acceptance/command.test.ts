import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptance } from "../../../cli/acceptance/index.ts";
import { newProgress, readProgress, writeProgress } from "../../../cli/acceptance/progress.ts";
import { stepNames } from "../../../cli/acceptance/steps.ts";
import { UsageError } from "../../../cli/command.ts";
import { startWorld, type World } from "../world.ts";

let world: World;
let end: () => Promise<void>;
let folder: string;

beforeAll(async () => {
  world = await startWorld(undefined, (ends) => {
    end = ends;
  });
  folder = await mkdtemp(join(tmpdir(), "signin-groups-acceptance-"));
});

afterAll(async () => {
  await end();
  await rm(folder, { recursive: true });
});

describe("npm run acceptance", () => {
  it("lists with --dry-run what it will do, touches neither cloud, and asks for nothing", async () => {
    const { code, stdout, stderr } = await world.start("acceptance", "--dry-run", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { stack, steps } = JSON.parse(stdout);
    expect(stack).toBe("dev");
    expect(steps.map(({ name }: { readonly name: string }) => name)).toEqual(stepNames);
    for (const step of steps) {
      expect(step).toMatchObject({
        does: expect.any(String),
        touches: expect.any(String),
        minutes: expect.any(Number),
      });
    }
    expect(world.calls).toEqual([]);
  });

  it.each([
    ["without --yes", [], /--yes is missing.*--dry-run lists them/],
    [
      "for a step that there is not",
      ["--yes", "--steps", "up,down"],
      /"down" is not a step\. The steps are doctor, /,
    ],
    [
      "for an outage that is not a time",
      ["--yes", "--outage", "soon"],
      /--outage "soon" must be a number of seconds/,
    ],
    ["for another option", ["--nothing"], /--nothing/],
  ])("refuses %s, and begins nothing", async (_, words, message) => {
    const place = join(folder, "usage");
    const run = acceptance.run(["--stack", "dev", "--folder", place, ...words], new AbortController().signal);
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toBeInstanceOf(UsageError);
    expect(await readdir(folder)).not.toContain("usage");
  });

  it("refuses a stack that has resources, since it would destroy them", async () => {
    const resources = [{ urn: "urn:pulumi:dev::signin-groups::okta:group/group:Group::users", id: "00g1" }];
    world.pulumi["stack export"] = JSON.stringify({ version: 3, deployment: { resources } });
    const { code, stderr } = await world.run("acceptance", "--yes", "--folder", join(folder, "full"));
    expect(code).toBe(2);
    expect(stderr).toContain('Stack "dev" has 1 resources, and a round ends with pulumi destroy.');
    expect(world.calls).toEqual([]);
  });

  it("refuses a folder with the round of another stack, or with something else", async () => {
    const other = join(folder, "other");
    await writeProgress(other, newProgress("prod", "0a1b2c3d", 0));
    const run = () =>
      acceptance.run(["--stack", "dev", "--yes", "--folder", other], new AbortController().signal);
    await expect(run()).rejects.toThrow('has a round of the stack "prod"');
    await writeFile(join(other, "progress.json"), "{");
    await expect(run()).rejects.toThrow("is not the progress of a round of this version");
  });

  it("keeps how far it is, and reads it again", async () => {
    const progress = newProgress("dev", "0a1b2c3d", 0);
    progress.steps.doctor = { state: "done", seconds: 1, notes: ["28 ok."] };
    progress.people.push("00u1");
    await writeProgress(join(folder, "kept"), progress);
    expect(await readProgress(join(folder, "kept"))).toEqual(progress);
    expect(await readProgress(join(folder, "none"))).toBeUndefined();
  });
});

import { expect, it, onTestFinished } from "vitest";
import { readOutputs } from "../../sandbox/engine/run.ts";
import { describeEngine, startSandbox, wholeProgram } from "./support.ts";

const nothing = { create: [], update: [], replace: [], delete: [] };

describeEngine("the program under the Pulumi engine", () => {
  it(
    "lives: preview, up, a sign-in, up without a change, refresh, destroy",
    async () => {
      const sandbox = await startSandbox();
      onTestFinished(() => sandbox.close());
      const { clouds, run, takeWrites, workspace } = sandbox;

      const planned = await run("preview");
      expect(planned).toMatchObject({
        ...nothing,
        create: expect.arrayContaining(["signin-groups-receive"]),
        same: 0,
      });
      expect(takeWrites(), "a preview touches neither cloud").toEqual([]);
      expect(clouds.leftovers()).toEqual([]);

      const made = await run("up");
      expect(made, "an up does what the preview said").toEqual(planned);

      const { groupIds } = await readOutputs(workspace);
      const groupId = String(Reflect.get(Object(groupIds), "App Users"));
      const person = clouds.okta.createPerson({ login: "first@example.com", displayName: "First" });
      clouds.okta.signIn([{ kind: "success", login: "first@example.com" }]);
      await clouds.idle();
      expect(clouds.okta.isMember(groupId, person.id)).toBe(true);
      takeWrites();

      const unchanged = { ...nothing, same: made.create.length };
      expect(await run("preview"), "a preview without a change").toEqual(unchanged);
      expect(await run("up"), "an up without a change").toEqual(unchanged);
      expect(await run("refresh"), "a refresh").toEqual(unchanged);
      expect(await run("up"), "an up after the refresh").toEqual(unchanged);
      expect(takeWrites(), "no change means no write").toEqual([]);

      expect(await run("destroy")).toEqual({ ...nothing, delete: made.create, same: 0 });
      expect(clouds.leftovers()).toEqual([]);
    },
    wholeProgram,
  );
});

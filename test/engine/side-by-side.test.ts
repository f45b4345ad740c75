import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readOutputs } from "../../sandbox/engine/run.ts";
import { programFor } from "../../sandbox/environment.ts";
import { getsIn, nothing } from "./actions.ts";
import { describeEngine, startSandbox, startStack, wholeProgram } from "./support.ts";

describeEngine("side by side", { timeout: wholeProgram }, () => {
  it("two stacks, one with each hosting, deploy at once into the same clouds and never touch each other's resources", async () => {
    const blue = await startSandbox({}, { stack: "blue" });
    onTestFinished(() => blue.close());
    const program = programFor(blue.clouds, { stack: "green" });
    const rules = JSON.stringify([{ group: "Green Users", on: ["user.session.start"] }]);
    const stack = await startStack({
      ...program,
      // The names of its resources begin as those of blue's do.
      configuration: {
        ...program.configuration,
        "signin-groups:rules": rules,
        "signin-groups:hosting": "service",
      },
    });
    onTestFinished(() => stack.close());
    const green = { ...stack, clouds: blue.clouds };

    await Promise.all([blue.run("up"), green.run("up")]);
    expect(await getsIn(blue, "one@example.com")).toBe(true);
    expect(await getsIn(green, "two@example.com", { group: "Green Users" })).toBe(true);

    await green.workspace.configure({ "signin-groups:signingKeyRotation": "2" });
    await green.run("up");
    expect(await blue.run("preview", "--refresh"), "nothing of blue's has changed").toMatchObject(nothing);

    await green.run("destroy");
    expect(await blue.run("preview", "--refresh"), "nothing of blue's is gone").toMatchObject(nothing);
    expect(await getsIn(blue, "three@example.com")).toBe(true);
    await blue.run("destroy");
    expect(blue.clouds.leftovers()).toEqual([]);
  });

  it("the example with two integrations in one program is previewed, deployed and destroyed", async () => {
    const root = join(import.meta.dirname, "../../infra/examples/subsidiaries");
    const sandbox = await startSandbox({}, { root, programFolder: root });
    onTestFinished(() => sandbox.close());
    const { okta, idle } = sandbox.clouds;
    const planned = await sandbox.run("preview");
    const made = await sandbox.run("up");
    expect(made).toEqual(planned);
    expect(made.create).toHaveLength(2 * 93);

    const { groupIds } = await readOutputs(sandbox.workspace);
    const group = (subsidiary: string, name: string) =>
      String(Reflect.get(Object(Reflect.get(Object(groupIds), subsidiary)), name));
    const person = okta.createPerson({ login: "somebody@north.example", displayName: "Somebody" });
    okta.signIn([{ kind: "success", login: "somebody@north.example" }]);
    await idle();
    expect(okta.isMember(group("north", "North: App Users"), person.id)).toBe(true);
    expect(okta.isMember(group("south", "South: App Users"), person.id)).toBe(false);
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });
});

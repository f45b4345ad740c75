import { expect, it, onTestFinished } from "vitest";
import { programFor } from "../../sandbox/environment.ts";
import { getsIn, nothing } from "./actions.ts";
import { describeEngine, startSandbox, startStack, wholeProgram } from "./support.ts";

describeEngine("side by side", { timeout: wholeProgram }, () => {
  it("two stacks, one with each hosting, deploy at once into the same clouds and never touch each other's resources", async () => {
    const ownProcesses = true;
    const blue = await startSandbox({}, { stack: "blue" }, undefined, undefined, { ownProcesses });
    onTestFinished(() => blue.close());
    const program = programFor(blue.clouds, { stack: "green" });
    const rules = JSON.stringify([{ group: "Green Users", on: ["user.session.start"] }]);
    const stack = await startStack({
      ...program,
      ownProcesses,
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
});

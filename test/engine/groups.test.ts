import { expect, it, onTestFinished } from "vitest";
import { administer, getsIn, groupIdOf, names, nothing } from "./actions.ts";
import { describeEngine, startSandbox, wholeProgram } from "./support.ts";

const rule = (rule: object) => ({
  "signin-groups:rules": JSON.stringify([{ on: ["user.session.start"], ...rule }]),
});

describeEngine("a protected group", { timeout: wholeProgram }, () => {
  it("is renamed in place, with its id and its members, and deleted only after its protection is taken away", async () => {
    const sandbox = await startSandbox({ "signin-groups:protectGroups": "true" });
    onTestFinished(() => sandbox.close());
    const { attempt, clouds, run, workspace, takeWrites } = sandbox;
    await run("up");
    expect(await getsIn(sandbox, "one@example.com")).toBe(true);
    const id = await groupIdOf(workspace, "App Users");

    takeWrites();
    await workspace.configure(rule({ group: "People" }));
    const refused = await attempt("up");
    expect(refused.code).not.toBe(0);
    expect(refused.text).toContain(
      'they no longer name the group "App Users", so the update would delete it, and with it 1 membership.',
    );
    expect(takeWrites(), "nothing was touched").toEqual([]);

    await workspace.configure(rule({ group: "People", renamedFrom: "App Users" }));
    // As an administrator has renamed it, or an update that was cut off.
    await administer(clouds, "PUT", `/groups/${id}`, { profile: { name: "People", description: "" } });
    const planned = await run("preview");
    expect(planned).toMatchObject({ ...nothing, update: names("People") });
    expect(await run("up")).toEqual(planned);
    expect(await groupIdOf(workspace, "People")).toBe(id);
    expect(await administer(clouds, "GET", `/groups/${id}`)).toMatchObject({ profile: { name: "People" } });
    expect(await getsIn(sandbox, "two@example.com", { group: "People" })).toBe(true);
    expect(await administer(clouds, "GET", `/groups/${id}/users`)).toHaveLength(2);
    expect(await run("up"), "the next up has nothing to do").toMatchObject(nothing);
    await workspace.configure(rule({ group: "People" }));
    expect(await run("up"), "the former name is needed once").toMatchObject(nothing);

    takeWrites();
    // A person's destroy begins with a preview.
    const kept = await attempt("destroy", ["--skip-preview=false"]);
    expect(kept.code).not.toBe(0);
    expect(kept.text).toContain('signin-groups-People" cannot be deleted');
    expect(takeWrites(), "nothing was deleted").toEqual([]);
    await workspace.configure({ "signin-groups:protectGroups": "false" });
    expect(await run("up"), "the protection is not Okta's").toMatchObject(nothing);
    await run("destroy");
    expect(clouds.leftovers()).toEqual([]);
  });

  it("that somebody else made stops an update before it touches anything, and is taken by its id", async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    const { attempt, clouds, run, takeWrites, workspace } = sandbox;
    const { id } = await administer(clouds, "POST", "/groups", { profile: { name: "App Users" } });
    takeWrites();
    const { code, text } = await attempt("up");
    expect(code).not.toBe(0);
    expect(text).toContain(`To use it, write groupId: ${id} instead of group`);
    expect(takeWrites()).toEqual([]);
    await workspace.configure(rule({ groupId: id }));
    expect((await run("preview")).create).not.toContain("signin-groups-App Users");
  });
});

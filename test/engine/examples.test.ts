import { expect, it } from "vitest";
import { readOutputs } from "../../sandbox/engine/run.ts";
import { administer, getsIn, nothing } from "./actions.ts";
import { startExample } from "./examples.ts";
import { RESOURCES } from "./resources.ts";
import { describeEngine, wholeProgram } from "./support.ts";

const settings = "  rightsWaitSeconds: 0,\n  protectGroups: false,\n";

describeEngine("the examples", { timeout: wholeProgram }, () => {
  it("subsidiaries: two integrations in one program never touch each other's groups", async () => {
    const { sandbox } = await startExample("subsidiaries", {
      file: "index.ts",
      after: "new SignInGroups(subsidiary, {\n",
      settings,
    });
    const { okta, idle } = sandbox.clouds;
    const planned = await sandbox.run("preview");
    const made = await sandbox.run("up");
    expect(made).toEqual(planned);
    expect(made.create).toHaveLength(2 * RESOURCES);

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

  it("own-group: a group of the program's own is known in a preview as little as it exists, and goes last", async () => {
    const { sandbox } = await startExample("own-group", {
      file: "index.ts",
      after: 'new SignInGroups("signin-groups", {\n',
      settings,
    });
    const planned = await sandbox.run("preview");
    expect(await sandbox.run("up")).toEqual(planned);
    const { groupId } = await readOutputs(sandbox.workspace);
    const { okta, idle } = sandbox.clouds;
    const person = okta.createPerson({ login: "reader@example.com", displayName: "Reader" });
    okta.signIn([{ kind: "success", login: "reader@example.com", eventType: "user.authentication.sso" }]);
    await idle();
    expect(okta.isMember(String(groupId), person.id)).toBe(true);
    expect(await sandbox.run("up")).toMatchObject(nothing);
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });

  it("existing-hook: a hook that was made by hand delivers until it is deleted, when the new one does", async () => {
    const { sandbox } = await startExample("existing-hook", {
      file: "index.ts",
      after: 'new SignInGroups("signin-groups", {\n',
      settings,
    });
    const { clouds, workspace } = sandbox;
    const { id } = await administer(clouds, "POST", "/eventHooks", {
      name: "Made by hand",
      events: { type: "EVENT_TYPE", items: ["user.session.start"] },
      channel: {
        type: "HTTP",
        version: "1.0.0",
        config: {
          uri: "https://former.example.com/",
          authScheme: { type: "HEADER", key: "authorization", value: "a former secret" },
        },
      },
    });
    await workspace.configure({ "signin-groups-existing-hook:formerHook": String(id) });
    await sandbox.run("up");
    sandbox.takeWrites();
    expect(await getsIn(sandbox, "during@example.com")).toBe(true);
    expect((await administer(clouds, "GET", `/eventHooks/${String(id)}`))["name"]).toBe("Made by hand");
    expect(await sandbox.run("up")).toMatchObject(nothing);
    expect(sandbox.takeWrites(), "nothing about the former hook is changed").toEqual([]);

    await workspace.configure({ "signin-groups-existing-hook:formerHook": undefined });
    expect((await sandbox.run("up")).delete).toEqual(["former-hook"]);
    expect(await getsIn(sandbox, "afterwards@example.com")).toBe(true);
    await sandbox.run("destroy");
    expect(clouds.leftovers()).toEqual([]);
  });
});

import * as pulumi from "@pulumi/pulumi";
import { Thing } from "../../../../sandbox/deploy/programs/thing.ts";

/** The inputs of a thing; `after` names another one, whose serial becomes this one's value. */
type Wish = Record<string, unknown> & { readonly after?: string };

const configuration = new pulumi.Config();
const wishes = configuration.requireObject<Record<string, Wish>>("things");
const password = configuration.getSecret("password");
const made: Record<string, Thing> = {};
for (const [name, { after, ...inputs }] of Object.entries(wishes)) {
  const ordered = after === undefined ? {} : { value: made[after]?.serial };
  made[name] = new Thing(name, { ...(password === undefined ? {} : { password }), ...inputs, ...ordered });
}
if (configuration.get("file") !== undefined) {
  made["file"] = new Thing("file", { file: new pulumi.asset.FileAsset(configuration.require("file")) });
}

process.stdout.write(`printed by the program\n`);
export const serials = Object.fromEntries(Object.entries(made).map(([name, { serial }]) => [name, serial]));
export const keys = Object.values(made).map((thing) => thing.key);

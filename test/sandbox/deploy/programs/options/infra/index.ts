import * as pulumi from "@pulumi/pulumi";
import { Thing } from "../../thing.ts";

const owner = new Thing("owner");
new Thing(
  "thing",
  { value: "one", more: { list: [1, true, null], nested: { text: "two" } } },
  {
    protect: true,
    retainOnDelete: true,
    deletedWith: owner,
    deleteBeforeReplace: false,
    replaceOnChanges: ["value"],
    replaceWith: [owner],
    replacementTrigger: pulumi.output(["channel", owner.id]),
    ignoreChanges: ["more"],
    additionalSecretOutputs: ["serial"],
    hooks: { beforeCreate: [new pulumi.ResourceHook("ready", () => {})] },
  },
);

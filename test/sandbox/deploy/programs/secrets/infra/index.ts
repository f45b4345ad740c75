import * as pulumi from "@pulumi/pulumi";
import { Thing } from "../../thing.ts";

const configuration = new pulumi.Config();
const first = new Thing(
  "first",
  {
    value: configuration.requireSecret("password"),
    headers: { authorization: pulumi.secret("letter"), accept: "json" },
    list: ["open", pulumi.secret("closed")],
  },
  { additionalSecretOutputs: ["serial"] },
);
const second = new Thing("second", { value: first.value, serialOfFirst: first.serial, owner: first });

export const password = first.value;
export const serial = first.serial;
export const id = second.id;
export const plain = "open";
export const mixed = { inner: pulumi.secret("hidden") };

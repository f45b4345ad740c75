import * as pulumi from "@pulumi/pulumi";
import { Thing } from "../../thing.ts";

const mode = new pulumi.Config().require("mode");
const first = new Thing("first", { pid: process.pid });

if (mode === "error") throw new Error("a plain error");
if (mode === "run error") throw new pulumi.RunError("an error for the user");
if (mode === "late error") {
  first.id.apply(() => {
    throw new Error("an error in apply");
  });
}
if (mode === "exit") process.exit(7);
if (mode === "print") process.stdout.write("printed\n");
if (mode === "wrong inputs") new Thing("wrong", { colour: "red", value: 7 });
if (mode === "endless") setInterval(() => {}, 1_000);
if (mode === "twice") new Thing("first");
if (mode === "read") new Thing("existing", {}, { id: "there" });
if (mode === "import") new Thing("imported", {}, { import: "there" });
if (mode === "foreign") new Thing("foreign", {}, {}, "aws:s3/bucket:Bucket");
if (mode === "unknown type") new Thing("nothing", {}, {}, "test:index:Nothing");
if (mode === "create") {
  new Thing("second", { value: first.id });
  const slow = new Thing("slow");
  new Thing("after slow", { value: slow.id });
}

import * as pulumi from "@pulumi/pulumi";
import { Box, Thing } from "../../thing.ts";

const mode = new pulumi.Config().get("mode");

const before = new pulumi.ResourceHook("before", async ({ name, type, urn, id, newInputs }) => {
  const secret = await pulumi.isSecret(pulumi.output(newInputs?.["value"]));
  await pulumi.log.info(
    JSON.stringify({ step: "before", name, type, urn, id, inputs: Object.keys(newInputs ?? {}), secret }),
  );
  if (mode === "before fails") throw new Error("the receiver is not ready");
});
const lenient = new pulumi.ResourceHook(
  "lenient",
  () => {
    throw new Error("never mind");
  },
  { ignoreErrors: true },
);
const after = new pulumi.ResourceHook("after", async ({ name, id, newOutputs }) => {
  await pulumi.log.info(JSON.stringify({ step: "after", name, id, outputs: newOutputs?.["serial"] }));
  if (mode === "after fails") throw new Error("too late to matter");
});
const again = new pulumi.ErrorHook("again", async ({ errors, failedOperation }) => {
  await pulumi.log.info(JSON.stringify({ step: "error", failedOperation, errors }));
  return errors.length < 3;
});

new Thing(
  "thing",
  { value: pulumi.secret("one") },
  { hooks: { beforeCreate: [before], afterCreate: [after], onError: mode === "retry" ? [again] : [] } },
);
if (mode === "lenient") new Thing("other", {}, { hooks: { beforeCreate: [lenient] } });
if (mode === "component") new Box("box", { hooks: { beforeCreate: [before] } });
if (mode === "delete") new Thing("doomed", {}, { hooks: { beforeDelete: [after] } });

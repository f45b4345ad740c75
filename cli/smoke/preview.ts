import { isObject, parseJson } from "../../function/shared/json.ts";
import { readStackUrn } from "../../infra/preflight/stack.ts";
import { AccessError } from "../command.ts";
import type { ConfigurationSource } from "../configuration-source.ts";
import { type Finding, finding } from "../findings.ts";
import type { LookUps } from "../look-ups.ts";
import { runPulumi } from "../pulumi.ts";
import { plural } from "../screen.ts";

/** Whether the program, freshly built, declares what the state has: archive, environment, secrets and everything else. */
export async function lookAtPreview(
  { stack, configFile }: ConfigurationSource,
  lookUps: LookUps,
): Promise<Finding> {
  const { ok, warning, unknown } = finding("preview");
  const words = ["preview", "--json", "--stack", stack];
  try {
    const printed = await lookUps.run("pulumi preview", (signal) =>
      runPulumi([...words, ...(configFile === undefined ? [] : ["--config-file", configFile])], signal),
    );
    const parsed = parseJson(printed);
    const steps = isObject(parsed) && Array.isArray(parsed["steps"]) ? parsed["steps"].filter(isObject) : [];
    const changed = steps
      .filter(({ op }) => op !== "same" && op !== "read")
      .map(({ op, urn }) => `${readStackUrn(String(urn)).name} (${String(op)})`);
    return changed.length === 0
      ? ok("The program declares what the stack's state has.")
      : warning(`The program would change ${plural(changed.length, "resource")}: ${changed.join(", ")}.`, {
          command: "pulumi preview --diff",
        });
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    return unknown(`What the program would change: ${error.message}`);
  }
}

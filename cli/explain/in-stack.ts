import { systemClock } from "../../function/shared/clock.ts";
import { receiveVariables } from "../../function/shared/contract.ts";
import { own } from "../../function/shared/json.ts";
import { COMPONENT } from "../../infra/configuration.ts";
import { AccessError } from "../command.ts";
import type { ConfigurationSource } from "../configuration-source.ts";
import { readDeployedStack, serviceOf } from "../deployed-stack.ts";
import type { LookUps } from "../look-ups.ts";
import { type Explained, explainUser, type NoPerson, type Question } from "./look.ts";

/** The group is not one of the rules; these are. */
export interface NoGroup {
  readonly groupIds: Readonly<Record<string, string>>;
}

/**
 * What the command finds, before it prints that.
 *
 * @throws AccessError when the stack cannot be read, or is not deployed
 */
export async function explainInStack(
  source: ConfigurationSource,
  asked: Pick<Question, "user" | "since" | "until"> & { readonly group: string | undefined },
  lookUps: LookUps,
  signal: AbortSignal,
): Promise<Explained | NoPerson | NoGroup> {
  const { stack } = source;
  const deployed = await readDeployedStack(source, lookUps);
  const { orgUrl, project, functions, outputs, groupIds: all, api } = deployed;
  const { name: variable, as } = receiveVariables.rules;
  const rules = as.parse(functions.find(({ name }) => name === "receive")?.environment[variable] ?? "");
  if (rules === undefined) {
    throw new AccessError(`Stack "${stack}" is not deployed: its state has no rules. Run pulumi up.`);
  }
  const groups = asked.group === undefined ? all : groupIn(all, asked.group);
  if (groups === undefined) return { groupIds: all };
  const question: Question = {
    ...asked,
    orgUrl,
    groups,
    rules,
    appLabel: `${COMPONENT} (${stack}), key `,
    grantService: serviceOf(deployed, "grant"),
    queue: String(outputs["queue"]),
  };
  return await explainUser(question, { project, api, clock: systemClock, signal }, lookUps);
}

/** The group with this name or id. */
function groupIn(all: Readonly<Record<string, string>>, asked: string): Record<string, string> | undefined {
  const id = own(all, asked);
  if (id !== undefined) return { [asked]: id };
  const found = Object.entries(all).find(([, groupId]) => groupId === asked);
  return found && Object.fromEntries([found]);
}

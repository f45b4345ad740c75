import { systemClock } from "../../function/shared/clock.ts";
import { isObject } from "../../function/shared/json.ts";
import { COMPONENT } from "../../infra/configuration.ts";
import { AccessError } from "../command.ts";
import type { StateResource } from "../configuration.ts";
import type { ConfigurationSource } from "../configuration-source.ts";
import { readStack } from "../deployed-stack.ts";
import { finding, type Section } from "../findings.ts";
import { createGoogleApi } from "../google-api.ts";
import type { LookUps } from "../look-ups.ts";
import { functionsIn } from "./deployed.ts";
import { lookAtGoogle } from "./google.ts";
import { EVENT_HOOK_TYPE, lookAtOkta } from "./okta.ts";
import { lookAtPreview } from "./preview.ts";
import { lookAtReceiver } from "./receiver.ts";
import type { SignInToFollow } from "./sign-in.ts";
import { lookAtTokens } from "./tokens.ts";

/**
 * What the command finds, before it prints that.
 *
 * @param preview whether to run `pulumi preview` as well
 * @throws AccessError when the stack cannot be read, or is not deployed
 */
export async function examineDeployment(
  source: ConfigurationSource,
  lookUps: LookUps,
  { preview = false }: { readonly preview?: boolean } = {},
): Promise<{ readonly sections: Section[]; readonly deployment: Deployment }> {
  const { stack } = source;
  const { configuration, resources, orgUrl, project, outputs } = await readStack(source, lookUps);
  const { hookUrl, stateBucket, groupIds } = outputs;
  if (typeof hookUrl !== "string" || typeof stateBucket !== "string") {
    throw new AccessError(`Stack "${stack}" is not deployed: it has no output hookUrl. Run pulumi up.`);
  }
  const api = createGoogleApi(process.env, configuration.values, project);
  const functions = functionsIn(resources, COMPONENT);
  const [groupId] = isObject(groupIds) ? Object.values(groupIds).map(String) : [];
  const [receiver, okta, tokens, google, fresh] = await Promise.all([
    lookAtReceiver(
      { url: hookUrl, project, receive: functions.find(({ name }) => name === "receive") },
      api,
      lookUps,
    ),
    lookAtOkta({ component: COMPONENT, orgUrl, resources, hookUrl, lookUps }),
    lookAtTokens({ orgUrl, functions, groupId }, api, lookUps),
    lookAtGoogle({ component: COMPONENT, project, resources, stateBucket, api, lookUps, clock: systemClock }),
    preview ? lookAtPreview(source, lookUps) : undefined,
  ]);
  const missing = ["receive", "grant", "reconcile"].filter(
    (name) => !functions.some((one) => one.name === name),
  );
  const declared = finding("functions");
  const sections = [
    { title: "Receiver", findings: receiver },
    { title: "Okta", findings: [...okta, ...tokens] },
    {
      title: "Google Cloud",
      findings: [
        ...(missing.length === 0
          ? []
          : [declared.failure(`The stack's state lacks ${missing.join(", ")}.`, { command: "pulumi up" })]),
        ...google,
        ...(fresh === undefined ? [] : [fresh]),
      ],
    },
  ];
  const groups = isObject(groupIds) ? Object.entries(groupIds).map(([name, id]) => [name, String(id)]) : [];
  return {
    sections,
    deployment: {
      orgUrl,
      groupIds: Object.fromEntries(groups),
      eventTypes: eventTypesIn(resources),
      place: {
        project,
        queue: String(isObject(outputs) ? outputs["queue"] : ""),
        services: Object.fromEntries(functions.map(({ name, id }) => [name, id.split("/").at(-1) ?? ""])),
        api,
      },
    },
  };
}

/** What a sign-in in a deployed stack leads to. */
type Deployment = Pick<SignInToFollow, "orgUrl" | "groupIds" | "eventTypes" | "place">;

/** The events that the stack's event hooks get. */
function eventTypesIn(resources: readonly StateResource[]): readonly string[] {
  const events = resources
    .filter(({ type }) => type === EVENT_HOOK_TYPE)
    .flatMap(({ inputs }) => (Array.isArray(inputs["events"]) ? inputs["events"] : []));
  return [...new Set(events.map(String))];
}

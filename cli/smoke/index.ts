/** `npm run smoke`: looks whether a deployed stack works. */
import { systemClock } from "../../function/shared/clock.ts";
import { isObject } from "../../function/shared/json.ts";
import { COMPONENT } from "../../infra/configuration.ts";
import { AccessError, type Command, flag, parseOptions, text, UsageError } from "../command.ts";
import { configurationOptions, readConfigurationSource, type StateResource } from "../configuration.ts";
import { readStack } from "../deployed-stack.ts";
import { finding, printFindings, type Section } from "../findings.ts";
import { createGoogleApi } from "../google-api.ts";
import { createLookUps, type LookUps } from "../look-ups.ts";
import { createScreen } from "../screen.ts";
import { functionsIn } from "./deployed.ts";
import { lookAtGoogle } from "./google.ts";
import { EVENT_HOOK_TYPE, lookAtOkta } from "./okta.ts";
import { lookAtPreview } from "./preview.ts";
import { lookAtReceiver } from "./receiver.ts";
import { followSignIn, type SignInToFollow } from "./sign-in.ts";
import { lookAtTokens } from "./tokens.ts";

const usage = `Usage: npm run smoke -- --stack NAME [OPTIONS]

Looks whether a deployed stack works: the receiver, the event hook, the queues, the cursor, the tokens of the apps, every binding,
and whether what runs is what was declared. It changes nothing but what a sign-in changes, and prints no secret.

  --stack NAME        the Pulumi stack; the Pulumi CLI is asked for its configuration, its outputs and its state
  --config-file FILE  as for the Pulumi CLI: the file with the configuration, in place of Pulumi.NAME.yaml
  --user LOGIN        follow a real sign-in of this person, who must not be in a group of the rules yet: wait until they sign in, and
                      until they are a member, and show each step between. With their password in the variable SMOKE_PASSWORD, the command signs in itself
  --preview           also run pulumi preview, and say what the program would change: whether its environment, secrets and all else are
                      those of the stack
  --wait SECONDS      how long to wait for the sign-in; 300 by default
  --json              print one JSON object {stack, exitCode, sections: [{title, findings: [{check, state, meaning, fix, command,
                      steps: [{at, what}], optional}]}]} and nothing else on standard output
  --help              print this

It acts with the same credentials as npm run doctor. For the tokens of the apps it signs with their keys, which needs
roles/cloudkms.signer on both keys.

Exit code: 0 the stack works, 1 something is broken, 2 a mistake on the command line, 3 something could not be looked at; 130
interrupted.
`;

export const smoke: Command = {
  usage,
  async run(words, signal) {
    const { stack, "config-file": configFile } = configurationOptions;
    const { json, user, wait, preview, ...options } = parseOptions(words, {
      ...{ stack, "config-file": configFile, json: flag, preview: flag },
      ...{ user: text, wait: text },
    });
    const follow = readFollow(user, wait);
    const source = readConfigurationSource(options);
    const screen = createScreen(process.stderr, systemClock.now);
    const lookUps = createLookUps({ screen, clock: systemClock, signal });
    const { sections, deployment } = await examineDeployment(source, lookUps, { preview }).finally(
      lookUps.end,
    );
    if (follow !== undefined) {
      const password = process.env["SMOKE_PASSWORD"] || undefined;
      const findings = await followSignIn(
        { ...follow, password, ...deployment },
        { screen, clock: systemClock, signal },
      );
      sections.push({ title: "Sign-in", findings });
    }
    signal.throwIfAborted();
    return printFindings(sections, { stack: source.stack, json, failing: "broken" });
  },
};

/**
 * What the command finds, before it prints that.
 *
 * @param preview whether to run `pulumi preview` as well
 * @throws AccessError when the stack cannot be read, or is not deployed
 */
export async function examineDeployment(
  source: ReturnType<typeof readConfigurationSource>,
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

/** @throws UsageError */
function readFollow(
  login: string | undefined,
  wait: string | undefined,
): Pick<SignInToFollow, "login" | "waitMs"> | undefined {
  if (login === undefined) {
    if (wait !== undefined) throw new UsageError("--wait goes with --user: whose sign-in is waited for?");
    return undefined;
  }
  if (login === "") throw new UsageError("--user is empty: give the login of a person.");
  const seconds = wait === undefined ? 300 : Number(wait);
  if (Number.isInteger(seconds) && seconds > 0) return { login, waitMs: seconds * 1000 };
  throw new UsageError(`--wait "${wait}" must be a number of seconds, for example 300.`);
}

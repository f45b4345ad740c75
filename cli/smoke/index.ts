/** `npm run smoke`: looks whether a deployed stack works. */
import { systemClock } from "../../function/shared/clock.ts";
import { type Command, flag, parseOptions, text, UsageError } from "../command.ts";
import { configurationOptions, readConfigurationSource } from "../configuration-source.ts";
import { printFindings } from "../findings.ts";
import { createLookUps } from "../look-ups.ts";
import { createScreen } from "../screen.ts";
import type { SignInToFollow } from "./sign-in.ts";

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
    // Loads Pulumi's packages, which a mistake on the command line need not wait for.
    const { examineDeployment } = await import("./examine.ts");
    const { sections, deployment } = await examineDeployment(source, lookUps, { preview }).finally(
      lookUps.end,
    );
    if (follow !== undefined) {
      const { followSignIn } = await import("./sign-in.ts");
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

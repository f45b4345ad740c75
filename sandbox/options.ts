import { flag, parseOptions, text, UsageError } from "../cli/command.ts";
import type { Hosting } from "./environment.ts";

/** What deploys: the Pulumi CLI, or the driver that needs nothing but npm. */
export type Engine = "pulumi" | "embedded";

/** How the sandbox is to run. */
export interface Options {
  /** Ends by itself after the scenarios have run. */
  readonly once: boolean;
  /** Prints one JSON object on standard output and nothing else. */
  readonly json: boolean;
  /** What deploys; undefined leaves it to whether there is a Pulumi CLI. */
  readonly engine: Engine | undefined;
  /** The setting `hosting`; undefined leaves it at its default. */
  readonly hosting: Hosting | undefined;
  /** Whether the console is opened in a browser; undefined leaves it to whether there are a desktop and a terminal. */
  readonly open: boolean | undefined;
}

/** A flag that was given or not. */
const optional = { type: "boolean" } as const;

/** What `--help` prints. */
export const usage = `Usage: npm start [-- OPTIONS]

Starts an Okta org and a Google Cloud project on this machine, deploys the Pulumi program onto them, signs people in and
shows each one's way into the group. Needs no account. Then it stays up for more sign-ins; Ctrl-C destroys everything.
Its console, a page on this machine only, shows each event's way, and lets you break things on purpose.

  --once   end after the sign-ins: destroy everything, check that both clouds are empty, and exit 0 only when all was as
           expected. This is what happens without a terminal, too
  --stay   stay up even without a terminal
  --open   open the console in the browser. This happens where there are a desktop and a terminal, too
  --no-open
           only print the console's address
  --json   like --once, but print one JSON object and nothing else on standard output; the progress goes to standard
           error. npm prints a heading of its own unless it is silent: npm start --silent -- --json
  --engine pulumi|embedded
           what deploys: the Pulumi CLI with its own state, previews and diffs, or a small driver of the sandbox's own,
           which needs nothing but npm. Unless given, the CLI where there is one: on PATH, or built by
           npm run engine:build. With it, and with the sandbox up, npm run sandbox -- preview and the like work on it
  --hosting functions|service
           the setting hosting of the program: Cloud Functions, which are built, or Cloud Run services from source without a
           build, which work where an organization forbids allUsers. Unless given, functions. With the CLI, and with the
           sandbox up, npm run sandbox -- config set hosting service and npm run sandbox -- up move the stack
  --help   print this
`;

/**
 * Reads the command line.
 *
 * @param terminal whether a person sees the output
 * @throws UsageError
 */
export function readOptions(words: readonly string[], terminal: boolean): Options {
  const options = {
    once: flag,
    stay: flag,
    json: flag,
    engine: text,
    hosting: text,
    open: optional,
    "no-open": flag,
  };
  const { once, stay, json, engine, hosting, open, "no-open": notOpen } = parseOptions(words, options);
  if (engine !== undefined && engine !== "pulumi" && engine !== "embedded") {
    throw new UsageError(`--engine must be pulumi or embedded, not "${engine}".`);
  }
  if (hosting !== undefined && hosting !== "functions" && hosting !== "service") {
    throw new UsageError(`--hosting must be functions or service, not "${hosting}".`);
  }
  if (open && notOpen) throw new UsageError("--open does not go with --no-open.");
  if (stay && (once || json)) throw new UsageError(`--stay does not go with ${once ? "--once" : "--json"}.`);
  return { once: once || json || !(terminal || stay), json, engine, hosting, open: notOpen ? false : open };
}

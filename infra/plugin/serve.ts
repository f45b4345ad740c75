import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type ConstructResult, main, type Provider } from "@pulumi/pulumi/provider/index.js";
import type { SignInGroupsArgs } from "../arguments.ts";
import { DeploymentError } from "../errors.ts";
import { outputNames, SignInGroups } from "../sign-in-groups.ts";

/** Serves the component to programs in any of Pulumi's languages, until Pulumi ends this process. */
export async function servePlugin(): Promise<void> {
  const schema = readFileSync(join(import.meta.dirname, "../../schema.json"), "utf8");
  await main(new ComponentPlugin(schema), process.argv.slice(2));
  reportMistakesOnce();
}

/** Errors that Pulumi shows as those of the component. */
const shown = new WeakSet<Error>();

/** The component, whose error is shown as its own. */
class ServedSignInGroups extends SignInGroups {
  constructor(...words: ConstructorParameters<typeof SignInGroups>) {
    super(...words);
    this.getData().catch((error: unknown) => {
      if (error instanceof Error) shown.add(error);
    });
  }
}

/** A plugin that makes the component, with the schema that was written beforehand: reading it from the types takes seconds. */
class ComponentPlugin implements Provider {
  readonly version: string;
  readonly schema: string;

  constructor(schema: string) {
    const { version } = Object(JSON.parse(schema));
    this.version = String(version);
    this.schema = schema;
  }

  /** @throws Error for another type */
  async construct(
    name: string,
    type: string,
    inputs: pulumi.Inputs,
    options: pulumi.ComponentResourceOptions,
  ): Promise<ConstructResult> {
    if (type !== "signin-groups:index:SignInGroups") throw new Error(`This plugin has no type ${type}.`);
    // Their names and types come from another language: the component checks every one of them.
    const component = new ServedSignInGroups(name, inputs as unknown as SignInGroupsArgs, options);
    const state = Object.fromEntries(outputNames.map((output) => [output, component[output]]));
    return { urn: component.urn, state };
  }
}

/** Pulumi's handlers show an error that every output of the component is rejected with once more each, one of them with its stack. */
function reportMistakesOnce(): void {
  const handlers = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (error, promise) => {
    if (!(error instanceof DeploymentError)) {
      for (const handler of handlers) handler(error, promise);
    } else if (!shown.has(error)) {
      shown.add(error);
      void pulumi.log.error(error.message);
    }
  });
}

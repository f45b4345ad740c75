import type { Properties } from "../../sandbox/deploy/handler.ts";
import { emptyStack, type Monitor, type Severity } from "../../sandbox/deploy/monitor.ts";
import type { RunOptions } from "../../sandbox/deploy/program.ts";
import { runWithMonitor } from "../../sandbox/deploy/program.ts";
import { markSecrets, reveal } from "../../sandbox/deploy/properties.ts";
import type { Registration } from "../../sandbox/deploy/registration.ts";
import { stackType } from "../../sandbox/deploy/registration.ts";
import { runInSharedProcess } from "./programs.ts";

/** A resource that a program declared, with every option that it gave. */
export interface RecordedResource extends Registration {
  /** What a component registered as its outputs, secrets marked. */
  readonly outputs?: Properties;
}

/** All that a program did. */
export interface Recording {
  /** In the order of their registration, without the stack itself. */
  readonly resources: readonly RecordedResource[];
  /** The stack's outputs, secrets marked. */
  readonly outputs: Properties;
  /** What the program logged, debug messages left out. */
  readonly logs: readonly { readonly severity: Severity; readonly message: string }[];
  /** Why the program failed, if it did. */
  readonly error: string | undefined;
}

/** What to run, and what to pretend. */
export interface RecorderOptions extends RunOptions {
  /** A preview: ids, and outputs that are not inputs, are unknown unless `outputs` gives them. */
  readonly dryRun?: boolean;
  /**
   * Outputs of a custom resource beyond its inputs; `id` among them stands for the invented id. What it throws fails
   * the registration.
   */
  readonly outputs?: (registration: Registration) => Properties;
  /** Provider functions by token; a program that calls any other fails. */
  readonly invokes?: Readonly<Record<string, (inputs: Properties) => Properties>>;
}

/**
 * Runs a program without any cloud and records what it registers, in the tests' shared process unless `start` is given. Hooks
 * are recorded, not run.
 * @throws ProjectError when Pulumi.yaml or the configuration cannot be used
 */
export async function recordProgram(options: RecorderOptions): Promise<Recording> {
  const { dryRun = false, invokes = {} } = options;
  const resources = new Map<string, RecordedResource>();
  const logs: { severity: Severity; message: string }[] = [];
  let stackOutputs: Properties = {};

  const monitor: Monitor = {
    async register(registration) {
      if (registration.type === stackType) return { outputs: {} };
      resources.set(registration.urn, registration);
      if (!registration.custom) return { outputs: {} };
      const { id = dryRun ? undefined : inventedId(registration), ...more }: Properties =
        options.outputs?.(registration) ?? {};
      return {
        id: id === undefined ? undefined : String(reveal(id)),
        outputs: markSecrets(
          { ...registration.inputs, ...more },
          registration.inputs,
          registration.additionalSecretOutputs,
        ),
      };
    },
    registerOutputs(urn, outputs) {
      const component = resources.get(urn);
      if (component === undefined) stackOutputs = outputs;
      else resources.set(urn, { ...component, outputs });
    },
    async invoke(token, inputs) {
      const answer = invokes[token] ?? emptyStack[token];
      if (answer === undefined)
        throw new Error(`No answer was given to the recorder for the function ${token}`);
      return answer(inputs);
    },
    log(severity, message) {
      if (severity !== "debug") logs.push({ severity, message });
    },
  };

  const { error } = await runWithMonitor({ start: runInSharedProcess, ...options, dryRun }, monitor);
  return { resources: [...resources.values()], outputs: stackOutputs, logs, error };
}

/** Says of what it is the id, such as `Group:app-users`, and differs between types. */
function inventedId({ type, name }: Registration): string {
  return `${type.split(":").at(-1)}:${name}`;
}

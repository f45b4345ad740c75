import { text, UsageError } from "./command.ts";

/** The options that name a stack and its configuration. */
export const configurationOptions = { stack: text, config: text, "config-file": text } as const;

/** Where the configuration of a stack comes from. */
export interface ConfigurationSource {
  readonly stack: string;
  /** A file with what `pulumi config --json` printed, in place of the Pulumi CLI. A secret has no value there. */
  readonly printed?: string;
  /** As the CLI's own option: the file that it reads instead of Pulumi.<stack>.yaml. */
  readonly configFile?: string;
}

/** @throws UsageError unless the options name one stack */
export function readConfigurationSource(options: {
  readonly stack?: string | undefined;
  readonly config?: string | undefined;
  readonly "config-file"?: string | undefined;
}): ConfigurationSource {
  const { stack, config: printed, "config-file": configFile } = options;
  if (!stack) throw new UsageError("--stack is missing: the name of the Pulumi stack, as in --stack dev.");
  if (printed && configFile)
    throw new UsageError("--config takes the place of --config-file: give one of them.");
  return { stack, ...(printed ? { printed } : {}), ...(configFile ? { configFile } : {}) };
}

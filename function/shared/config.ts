import { ConfigError } from "./errors.ts";
/** How the text of a variable is read. */
export interface Form<Value> {
  /** What the text must be, as it stands in an error after "must be". */
  readonly must: string;
  /** The value of the text; undefined when it is malformed. */
  readonly parse: (text: string) => Value | undefined;
}

/** One environment variable of a function. */
interface Variable {
  readonly name: string;
  readonly as: Form<unknown>;
  /** The value if the variable is not set; without this, it is required. */
  readonly otherwise?: unknown;
  /** Whether it comes from Secret Manager. */
  readonly secret?: true;
}

/** The environment variables of a function, by the names that their values have in the function. */
export type Variables = Readonly<Record<string, Variable>>;

/** The values of a function's variables. */
export type ConfigOf<Of extends Variables> = {
  readonly [Key in keyof Of]: Of[Key]["as"] extends Form<infer Value> ? Value : never;
};

/** What must be set for a function, apart from its secrets. */
export type EnvironmentOf<Of extends Variables> = {
  readonly [Key in keyof Of as Of[Key] extends { secret: true } | { otherwise: unknown }
    ? never
    : Of[Key]["name"]]: string;
};

/** A function's secrets. */
export type SecretsOf<Of extends Variables> = {
  readonly [Key in keyof Of as Of[Key] extends { secret: true; otherwise?: never }
    ? Of[Key]["name"]
    : never]: string;
} & {
  readonly [Key in keyof Of as Of[Key] extends { secret: true; otherwise: unknown }
    ? Of[Key]["name"]
    : never]?: string;
};

export const text: Form<string> = { must: "text", parse: (value) => value };

// The calls are marked as pure so that the bundler leaves them out where nothing uses them.

export const wholeNumber = /* @__PURE__ */ numberBy((value) => value);

/** Seconds, read as milliseconds. */
export const seconds = /* @__PURE__ */ numberBy((value) => value * 1000);

/** A percentage, read as a part of 1. */
export const percent = /* @__PURE__ */ numberBy((value) => value / 100);

function numberBy(convert: (value: number) => number): Form<number> {
  return {
    must: "a whole number, for example 120",
    parse: (value) => (/^\d{1,9}$/.test(value) ? convert(Number(value)) : undefined),
  };
}

/** A time in ISO 8601, read as milliseconds since the epoch. */
export const time: Form<number> = {
  must: "a time in ISO 8601, for example 2026-11-02T08:00:00.000Z",
  parse: (value) => {
    const milliseconds = Date.parse(value);
    return Number.isNaN(milliseconds) ? undefined : milliseconds;
  },
};

/**
 * Reads a function's variables.
 *
 * @param name of the function, for the error
 * @throws ConfigError naming every variable that is missing or malformed
 */
export function readConfig<Of extends Variables>(
  name: string,
  variables: Of,
  environment: Readonly<Record<string, string | undefined>>,
): ConfigOf<Of> {
  const missing: string[] = [];
  const malformed: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [key, variable] of Object.entries(variables)) {
    const value = environment[variable.name];
    if (value) {
      config[key] = variable.as.parse(value);
      if (config[key] === undefined) malformed.push(`${variable.name} must be ${variable.as.must}`);
    } else if ("otherwise" in variable) {
      config[key] = variable.otherwise;
    } else {
      missing.push(variable.name);
    }
  }
  if (missing.length > 0 || malformed.length > 0) {
    const without = missing.length > 0 ? ` without ${missing.join(", ")}` : "";
    const remedy = 'The program sets these variables; run "pulumi up"';
    throw new ConfigError(`${[`${name} cannot start${without}`, ...malformed, remedy].join(". ")}.`);
  }
  // Every variable was read by the form that the type names.
  return config as ConfigOf<Of>;
}

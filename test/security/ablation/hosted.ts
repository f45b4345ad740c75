import { objectIn, objectsIn } from "../../../sandbox/deploy/google/inputs.ts";
import type { Properties } from "../../../sandbox/deploy/handler.ts";
import { textOf, textsOf } from "../../../sandbox/deploy/okta/inputs.ts";
import type { Hosting } from "../../../sandbox/environment.ts";

/** How a function is declared with a hosting. */
interface Hosted {
  readonly type: string;
  /** The output that has its address. */
  readonly url: string;
  entryPointOf(inputs: Properties): string | undefined;
  /** Its plain variables; those from Secret Manager are left out. */
  environmentOf(inputs: Properties): Readonly<Record<string, string>>;
}

/** The service of a function on Cloud Run. */
export const SERVICE = "gcp:cloudrunv2/service:Service";

const containerOf = (inputs: Properties): Properties =>
  objectsIn(objectIn(inputs, "template") ?? {}, "containers")[0] ?? {};

/** Each hosting. */
export const hosted: Readonly<Record<Hosting, Hosted>> = {
  functions: {
    type: "gcp:cloudfunctionsv2/function:Function",
    url: "url",
    entryPointOf: (inputs) => textOf(objectIn(inputs, "buildConfig") ?? {}, "entryPoint"),
    environmentOf: (inputs) => {
      const variables = objectIn(objectIn(inputs, "serviceConfig") ?? {}, "environmentVariables") ?? {};
      return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
    },
  },
  service: {
    type: SERVICE,
    url: "uri",
    entryPointOf: (inputs) => textsOf(containerOf(inputs), "args").at(-1),
    environmentOf: (inputs) =>
      Object.fromEntries(
        objectsIn(containerOf(inputs), "envs")
          .filter((variable) => variable["valueSource"] === undefined)
          .map((variable) => [textOf(variable, "name"), textOf(variable, "value")]),
      ),
  },
};

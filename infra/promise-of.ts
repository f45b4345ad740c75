import type * as pulumi from "@pulumi/pulumi";

/**
 * The value of an output, without what the output depends on. It never settles while the value is unknown, as in a preview, or if the
 * output is rejected.
 */
export function promiseOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value));
  });
}

import * as pulumi from "@pulumi/pulumi";

/** A resource of the test provider, which takes any inputs and adds the outputs `serial` and `key`. */
export class Thing extends pulumi.CustomResource {
  declare readonly serial: pulumi.Output<string>;
  declare readonly value: pulumi.Output<string>;
  declare readonly key: pulumi.Output<string>;

  constructor(
    name: string,
    inputs: Record<string, pulumi.Input<unknown>> = {},
    options: pulumi.CustomResourceOptions = {},
    type = "test:index:Thing",
  ) {
    super(type, name, { serial: undefined, key: undefined, value: undefined, ...inputs }, options);
  }
}

/** A component, which is nothing but a parent. */
export class Box extends pulumi.ComponentResource {
  constructor(
    name: string,
    options: pulumi.ComponentResourceOptions = {},
    label: pulumi.Input<string> = name,
  ) {
    super("test:index:Box", name, {}, options);
    this.registerOutputs({ label });
  }
}

/** The provider of things. */
export class TestProvider extends pulumi.ProviderResource {
  constructor(name: string, inputs: Record<string, pulumi.Input<string>>) {
    super("test", name, inputs);
  }
}

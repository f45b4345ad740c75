import type * as pulumi from "@pulumi/pulumi";
import type { ComponentSettings } from "../given-arguments.ts";
import type { DeployedFunction, FunctionDescription, FunctionOptions } from "./function.ts";

/** What runs the functions of a stack. */
export interface FunctionHost {
  /**
   * Declares a function, and who may call it.
   *
   * @param dependsOn what has to be in place before it serves
   */
  declare(description: FunctionDescription, dependsOn?: readonly pulumi.Resource[]): DeployedFunction;
}

/** A way to run functions. */
export interface HostingKind {
  /** The Google APIs that only it needs. */
  readonly services: readonly string[];
  /**
   * Declares what the functions have in common.
   *
   * @param name the component's
   */
  createHost(name: string, args: HostArgs, options: FunctionOptions): FunctionHost;
}

/** What a host is made with. */
export interface HostArgs {
  readonly project: string;
  readonly region: string;
  readonly stack: string;
  readonly settings: ComponentSettings;
  /** Runs after an account received a permission that a deployment needs at once. */
  readonly afterNewRight: pulumi.ResourceHook;
  readonly labels: pulumi.Input<Readonly<Record<string, string>>>;
}

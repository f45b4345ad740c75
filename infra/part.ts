import type * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import type { Accounts } from "./google/accounts.ts";
import type { Source } from "./google/source.ts";
import type { Settings } from "./settings.ts";

/** What the parts of an integration have in common. */
export interface PartArgs {
  readonly project: string;
  readonly region: string;
  readonly orgUrl: string;
  readonly stack: string;
  readonly settings: Settings;
  readonly labels: Readonly<Record<string, string>>;
  readonly accounts: Accounts;
  readonly source: Source;
  readonly keyRing: gcp.kms.KeyRing;
}

/** Options of a part's resources. */
export interface PartOptions {
  /** Of what needs none of Google's APIs by itself. */
  readonly child: pulumi.CustomResourceOptions;
  /** Of what waits until they are enabled. */
  readonly google: pulumi.CustomResourceOptions & { readonly dependsOn: pulumi.Resource[] };
}

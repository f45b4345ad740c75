import type * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import type { OktaEnvironment } from "../function/shared/contract.ts";
import type { ComponentSettings } from "./given-arguments.ts";
import type { Accounts } from "./google/accounts.ts";
import type { FunctionHost } from "./google/hosting.ts";
import type { SigningKeyVersion } from "./google/signing-key.ts";
import type { ServiceApp } from "./okta/service-app.ts";

/** What each of the three functions is declared with. */
export interface FunctionContext {
  readonly project: string;
  readonly region: string;
  readonly orgUrl: string;
  readonly stack: string;
  readonly settings: ComponentSettings;
  readonly labels: pulumi.Input<Readonly<Record<string, string>>>;
  readonly accounts: Accounts;
  readonly host: FunctionHost;
  readonly keyRing: gcp.kms.KeyRing;
}

/** An environment whose values may only be known later. */
export type Inputs<T> = { readonly [K in keyof T]: pulumi.Input<string> };

/** How a function is known to Okta, and how much of Okta's rate limits it leaves to others. */
export function oktaEnvironment(args: {
  readonly orgUrl: string;
  readonly app: ServiceApp;
  readonly key: SigningKeyVersion;
  readonly settings: ComponentSettings;
}): Inputs<OktaEnvironment> {
  const { app, key } = args;
  return {
    OKTA_ORG_URL: args.orgUrl,
    OKTA_CLIENT_ID: app.clientId,
    OKTA_KEY_ID: key.publicKey.kid,
    SIGNING_KEY_VERSION: key.name,
    RATE_LIMIT_RESERVE_PERCENT: String(args.settings.rateLimitReservePercent),
  };
}

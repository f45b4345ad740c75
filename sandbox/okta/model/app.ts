import type { JsonObject } from "../../../function/shared/json.ts";

/** A service app. Its id is its OAuth client id. */
export interface App {
  readonly id: string;
  readonly status: "ACTIVE" | "INACTIVE";
  readonly settings: AppSettings;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly lastUpdated: number;
}

/** A public key of an app, as it was given. */
export interface AppKey {
  readonly id: string;
  readonly kid: string;
  readonly kty: "RSA" | "EC";
  readonly status: "ACTIVE" | "INACTIVE";
  /** The public key's own fields: `e` and `n`, or `x` and `y`. */
  readonly material: Readonly<Record<string, string>>;
}

/** What can be set on an app. */
export interface AppSettings {
  readonly label: string;
  readonly keys: readonly AppKey[];
  /** Whatever else was given, to be shown again. */
  readonly body: JsonObject;
}

/** A scope of Okta's API that an app may ask for. */
export interface Grant {
  readonly id: string;
  readonly clientId: string;
  readonly scopeId: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** What stands behind an access token. */
export interface AccessToken {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

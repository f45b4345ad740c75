/** A hook: where the org delivers the events of some types. */
export interface EventHook extends HookSettings {
  readonly id: string;
  readonly status: (typeof HOOK_STATUSES)[number];
  readonly verificationStatus: "VERIFIED" | "UNVERIFIED";
  /** ISO 8601. */
  readonly created: string;
  readonly lastUpdated: string;
}

/** What a hook can be: one that is inactive gets no events. */
export const HOOK_STATUSES = ["ACTIVE", "INACTIVE"] as const;

/** A header that a hook's requests carry. */
export interface HookHeader {
  readonly key: string;
  readonly value: string;
}

/** Where a hook's requests go, and what they carry. */
export interface HookChannel {
  readonly uri: string;
  readonly headers: readonly HookHeader[];
  /** The header with the secret, whose value the API never shows again. */
  readonly authScheme: HookHeader | null;
}

/** What can be set on a hook. */
export interface HookSettings {
  readonly name: string;
  readonly description: string | null;
  readonly events: readonly string[];
  readonly channel: HookChannel;
}

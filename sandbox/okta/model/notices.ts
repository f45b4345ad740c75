/** What the org reports to an observer. Times are milliseconds; no notice ever holds a secret. */
export type OktaNotice = EventNotice | VerificationNotice | DeliveryNotice | RequestNotice;

/** An event was written to the System Log. */
export interface EventNotice {
  readonly kind: "event";
  readonly uuid: string;
  readonly eventType: string;
  /** Such as SUCCESS. */
  readonly result: string;
  readonly actorId: string;
}

/** The verification of an event hook has ended, after its retry if there was one. */
export interface VerificationNotice {
  readonly kind: "verification";
  readonly hookId: string;
  readonly hookName: string;
  readonly ok: boolean;
  /** Absent when the hook did not answer. */
  readonly status?: number;
  readonly milliseconds: number;
  readonly reason?: string;
}

/** One attempt to deliver events to a hook has ended. */
export interface DeliveryNotice {
  readonly kind: "delivery";
  readonly hookId: string;
  /** The id of the delivery, the same in both attempts. */
  readonly eventId: string;
  readonly eventUuids: readonly string[];
  readonly attempt: 1 | 2;
  readonly ok: boolean;
  /** Absent when the hook did not answer. */
  readonly status?: number;
  readonly milliseconds: number;
  readonly reason?: string;
}

/** A request was answered. */
export interface RequestNotice {
  readonly kind: "request";
  readonly method: string;
  /** Without the query, which may hold a credential. */
  readonly path: string;
  readonly status: number;
  readonly requestId: string;
  /** "api token", the client id of an app, or "anonymous". */
  readonly principal: string;
}

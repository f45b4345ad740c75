import fc from "fast-check";
import type { NamedRule } from "../../sandbox/simulation/company.ts";

/** Somebody tries to sign in. Times are minutes from the beginning. */
export interface SignIn {
  readonly at: number;
  /** Who; people with an odd number are contractors. */
  readonly person: number;
  readonly kind: "success" | "wrong-password" | "unknown-user" | "system-principal";
  readonly eventType: "user.session.start" | "user.authentication.sso";
  readonly platform: "identity-engine" | "classic";
  /** How many of the same come in the same delivery, from the next people on. */
  readonly batch: number;
  /** How much later the event comes into the System Log, in minutes. */
  readonly late: number;
}

/** Something goes wrong, from a minute on, for so many minutes. */
export interface Trouble {
  readonly at: number;
  readonly lasts: number;
  readonly what:
    | {
        readonly okta:
          | "rate-limit"
          | "concurrency"
          | "server-error"
          | "read-only"
          | "slow"
          | "reset"
          | "reset-done"
          | "foreign";
        /** Of what something in between answers. */
        readonly status: number;
        readonly path: "/oauth2/v1/token" | "/api/v1/groups" | "/api/v1/logs" | "/";
      }
    | { readonly delivery: "lost" | "failed" | "duplicated" | "delayed" | "out-of-order" }
    | { readonly cursors: "refused" | "lost" | "corrupt" }
    /** Made anew when the trouble ends, as by an administrator. */
    | { readonly bucket: "lost" }
    /** Events come into the System Log so long that a page of some of them is too large to be read. */
    | { readonly log: "huge" }
    | {
        readonly google: "createTask" | "sign" | "readObject" | "writeObject" | "issueToken";
        readonly answer: number | "nothing";
        /** Something in between answers. */
        readonly foreign: boolean;
        readonly takesEffect: boolean;
        /** Every call, or only so many. */
        readonly times: number | "all";
      }
    | { readonly instance: "killed" | "replaced"; readonly of: "receive" | "grant" | "reconcile" };
}

/** A company's two hours. */
export interface World {
  /** Decides every latency. */
  readonly seed: number;
  readonly rules: keyof typeof ruleSets;
  /** How far the functions' clocks are ahead of Okta's, in seconds. */
  readonly skew: -120 | 0 | 120;
  /** Events that hooks get in a day. */
  readonly dailyCap: number;
  /** Members that each group has before, of whom nobody signs in; Okta lists two of them a page, in 2 s each. */
  readonly crowd: number;
  /** For so many minutes after a person's first sign-in Okta does not know them everywhere. */
  readonly unknownFor: number;
  readonly signIns: readonly SignIn[];
  readonly troubles: readonly Trouble[];
}

/** People of a world. */
export const PEOPLE = 6;

/** The last minute in which anything begins. */
const LAST_MINUTE = 90;

/** A rule, with the same in other words: whom it names is not asked of the code under test. */
export interface KnownRule extends NamedRule {
  readonly names: (person: number) => boolean;
}

const everybody: KnownRule = { group: "App Users", on: ["user.session.start"], names: () => true };
const contractors: KnownRule = {
  group: "Contractors",
  on: ["user.authentication.sso"],
  when: 'event.actor.alternateId.endsWith("@contractor.example")',
  names: (person) => person % 2 === 1,
};

/** What the company wants. */
export const ruleSets = {
  default: [everybody],
  contractors: [everybody, contractors],
  sso: [{ ...everybody, on: ["user.session.start", "user.authentication.sso"] }],
  none: [{ ...contractors, when: 'event.actor.displayName == "Nobody"', names: () => false }],
} satisfies Record<string, readonly KnownRule[]>;

export function loginOf(person: number): string {
  return `person-${person}@${person % 2 === 1 ? "contractor" : "acme"}.example`;
}

const minute = fc.integer({ min: 0, max: LAST_MINUTE });

const signIn: fc.Arbitrary<SignIn> = fc.record({
  at: minute,
  person: fc.integer({ min: 0, max: PEOPLE - 1 }),
  kind: fc.oneof(
    { arbitrary: fc.constant("success" as const), weight: 5 },
    { arbitrary: fc.constantFrom("wrong-password", "unknown-user", "system-principal"), weight: 1 },
  ),
  eventType: fc.constantFrom("user.session.start", "user.authentication.sso"),
  platform: fc.constantFrom("identity-engine", "classic"),
  batch: fc.integer({ min: 1, max: 3 }),
  late: fc.oneof(
    { arbitrary: fc.constant(0), weight: 4 },
    { arbitrary: fc.integer({ min: 1, max: 30 }), weight: 1 },
  ),
});

type GoogleFault = Extract<Trouble["what"], { readonly google: unknown }>;

const googleFault = (call: fc.Arbitrary<GoogleFault["google"]>): fc.Arbitrary<GoogleFault> =>
  fc.record({
    google: call,
    answer: fc.constantFrom<number | "nothing">(200, 403, 404, 409, 429, 500, 503, "nothing", "nothing"),
    // Of itself Google neither says that all is well when it is not, nor that something is missing or there already.
    foreign: fc.boolean(),
    takesEffect: fc.boolean(),
    times: fc.constantFrom<number | "all">("all", 1, 2, 3),
  });

const what: fc.Arbitrary<Trouble["what"]> = fc.oneof(
  fc.record({
    okta: fc.constantFrom(
      "rate-limit",
      "concurrency",
      "server-error",
      "read-only",
      "slow",
      "reset",
      "reset-done",
      "foreign",
    ),
    status: fc.constantFrom(200, 400, 401, 403, 404, 407, 409, 421, 425, 451),
    path: fc.constantFrom("/oauth2/v1/token", "/api/v1/groups", "/api/v1/logs", "/"),
  }),
  fc.record({ delivery: fc.constantFrom("lost", "failed", "duplicated", "delayed", "out-of-order") }),
  fc.record({ cursors: fc.constantFrom("refused", "lost", "corrupt") }),
  fc.record({ log: fc.constant("huge") }),
  googleFault(fc.constant("createTask")),
  googleFault(fc.constantFrom("createTask", "sign", "readObject", "writeObject", "issueToken")),
  fc.record({
    instance: fc.constantFrom("killed", "replaced"),
    of: fc.constantFrom("receive", "grant", "reconcile"),
  }),
);

// In the middle of what a sign-in sets off as often as between two.
const moment = fc.oneof(
  minute,
  fc.tuple(minute, fc.integer({ min: 0, max: 2000 })).map(([at, ms]) => at + ms / 60_000),
);

const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ at: moment, lasts: fc.integer({ min: 0, max: 30 }), what }) },
  {
    weight: 1,
    // Nobody makes a new bucket at once.
    arbitrary: fc.record({
      at: moment,
      lasts: fc.integer({ min: 0, max: 150 }),
      what: fc.record({ bucket: fc.constant("lost" as const) }),
    }),
  },
);

/** Any world. */
export const worlds: fc.Arbitrary<World> = fc.record({
  seed: fc.nat(),
  rules: fc.constantFrom("default", "contractors", "sso", "none"),
  skew: fc.constantFrom(-120, 0, 120),
  dailyCap: fc.oneof(
    { arbitrary: fc.constant(400_000), weight: 2 },
    { arbitrary: fc.constant(0), weight: 1 },
    { arbitrary: fc.integer({ min: 0, max: 5 }), weight: 1 },
  ),
  unknownFor: fc.constantFrom(0, 0, 1, 3),
  crowd: fc.constantFrom(0, 0, 4, 60),
  signIns: fc.array(signIn, { minLength: 1, maxLength: 12 }),
  troubles: fc.array(trouble, { maxLength: 6 }),
});

import crypto, { createPrivateKey } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

/** What a canary is; each kind has its own rules as to who may hold it. */
export type Kind =
  | "hook secret"
  | "Okta API token"
  | "Okta provider key"
  | "Google token of who deploys"
  | "passphrase"
  | "signing key"
  | "access token"
  | "identity token"
  | "client assertion"
  | "person";

/** A value that must not turn up in the clear, in pieces each of which must not either. */
export interface Canary {
  readonly kind: Kind;
  readonly pieces: readonly string[];
}

/** Shorter pieces would be found where nobody leaked anything. */
const SHORTEST_PIECE = 12;

/** Values to look for, each once. */
export interface Canaries {
  /** Takes a value; one that is known already keeps its kind. */
  add(kind: Kind, value: string): void;
  list(): readonly Canary[];
  count(kind: Kind): number;
}

export function createCanaries(): Canaries {
  const known = new Map<string, Canary>();
  return {
    add(kind, value) {
      if (!known.has(value)) known.set(value, { kind, pieces: piecesOf(kind, value) });
    },
    list: () => [...known.values()],
    count: (kind) => [...known.values()].filter((canary) => canary.kind === kind).length,
  };
}

/** Half a secret is a leak as well. */
function piecesOf(kind: Kind, value: string): readonly string[] {
  const pieces = value.includes("PRIVATE KEY") ? keyPieces(value) : textPieces(kind, value);
  const tooShort = pieces.find((piece) => piece.length < SHORTEST_PIECE);
  if (tooShort !== undefined) throw new Error(`A canary of the kind "${kind}" is too short to be one.`);
  return pieces;
}

function textPieces(kind: Kind, value: string): readonly string[] {
  if (kind === "person") return [value];
  const half = Math.floor(value.length / 2);
  // The first half of a JWT is the same for many, and says nothing that its readers do not know.
  return value.startsWith("eyJ") ? [value.slice(half)] : [value.slice(0, half), value.slice(half)];
}

/** The lines of a PEM that are not the same for every key, and the private numbers as a JWK has them. */
function keyPieces(pem: string): readonly string[] {
  const { d = "", p = "", q = "" } = createPrivateKey(pem).export({ format: "jwk" });
  const lines = pem.trim().split("\n").slice(2, -2);
  return [...lines, d.slice(0, 40), p.slice(0, 40), q.slice(0, 40)];
}

/**
 * Learns every private key that this process makes or takes, such as those of the local Cloud KMS.
 * @returns what ends it
 */
export function learnPrivateKeys(canaries: Canaries): () => void {
  const original = crypto.createPrivateKey;
  let busy = false;
  crypto.createPrivateKey = (key) => {
    if (typeof key === "string" && !busy) {
      // A key is taken apart by the same function.
      busy = true;
      canaries.add("signing key", key);
      busy = false;
    }
    return original(key);
  };
  syncBuiltinESMExports();
  return () => {
    crypto.createPrivateKey = original;
    syncBuiltinESMExports();
  };
}

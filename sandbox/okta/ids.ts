import { randomBytes, randomInt } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** What an id is for, by the three characters that Okta starts it with. */
export type IdPrefix =
  | "00o"
  | "00u"
  | "00g"
  | "0oa"
  | "who"
  | "cr0"
  | "iam"
  | "ire"
  | "ra1"
  | "gra"
  | "oag"
  | "rst"
  | "lae";

/** An id as Okta makes them: 20 letters and digits, the first three telling what it is for. */
export function newId(prefix: IdPrefix): string {
  return prefix + alphanumerics(17);
}

/** Random letters and digits. */
export function alphanumerics(length: number): string {
  return Array.from({ length }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join("");
}

/** A secret of 256 random bits, safe in a header. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

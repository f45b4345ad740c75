import { randomBytes, randomFillSync } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

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
  | "pks"
  | "rst"
  | "lae";

/** An id as Okta makes them: 20 letters and digits, the first three say what it is for. */
export function newId(prefix: IdPrefix): string {
  return prefix + alphanumerics(17);
}

/** Random bytes, of which the last are left: to ask for each takes longer than the rest of an id. */
const random = { bytes: Buffer.alloc(4096), left: 0 };

/** Random letters and digits. */
export function alphanumerics(length: number): string {
  let text = "";
  while (text.length < length) {
    if (random.left === 0) {
      randomFillSync(random.bytes);
      random.left = random.bytes.length;
    }
    const byte = random.bytes.readUInt8(--random.left);
    // Four times the alphabet; with the bytes above, some characters would come more often.
    if (byte < 4 * ALPHABET.length) text += ALPHABET.charAt(byte % ALPHABET.length);
  }
  return text;
}

/**
 * The id of an assignment of a standard role that goes by its type: the type in base32 (RFC 4648), without padding.
 *
 * @decision The id of a standard role's assignment to a client is its type in base32, the same for every client. So is that
 * of an assignment to a group when the role can be limited to targets.
 * @evidence recorded: okta/terraform-provider-okta v6.12.0
 * test/fixtures/vcr/idaas/TestAccResourceOktaAppOAuthRoleAssignment_basic (clients) and
 * TestAccResourceOktaGroupRole_admin_crud (groups, where READ_ONLY_ADMIN has an id of its own, gra…)
 * @matters deployment fails: an assignment is found only by client and id together; the provider's import needs both.
 */
export function idOfType(type: string): string {
  const bits = [...Buffer.from(type)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const digits = bits.match(/.{1,5}/g) ?? [];
  return digits.map((digit) => BASE32.charAt(Number.parseInt(digit.padEnd(5, "0"), 2))).join("");
}

/** A secret of 256 random bits, safe in a header. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

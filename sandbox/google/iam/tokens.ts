import { randomBytes } from "node:crypto";
import { exportJWK, generateKeyPair, type JWTPayload, jwtVerify, SignJWT } from "jose";

/** The issuer of Google's identity tokens (Google Identity, OpenID Connect: ID token). */
const ISSUER = "https://accounts.google.com";
const LIFETIME_SECONDS = 3600;

/** An access token with its lifetime, as a metadata server answers it. */
export interface AccessToken {
  readonly access_token: string;
  readonly expires_in: number;
  readonly token_type: "Bearer";
}

/** Issues and reads the tokens of a project. */
export interface Tokens {
  /** The token of the project's owner. */
  readonly owner: string;
  issueAccessToken(email: string): AccessToken;
  issueIdentityToken(email: string, audience: string): Promise<string>;
  /** The principal of a bearer token; undefined when the token is not valid, or no longer valid. */
  authenticate(token: string): Principal | undefined;
  /** The claims of an identity token that Google signed. @throws JOSEError when it is none, or has expired */
  verifyIdentityToken(token: string, audience: string): Promise<JWTPayload>;
}

// One for all, as Google signs for all projects by the same: a key takes longer to make than the rest of a cloud.
const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
const keyId = (await exportJWK(publicKey)).n?.slice(0, 40) ?? "";

/**
 * @param subjectOf a service account's unique id, or undefined when there is no such account, or it is disabled
 * @param now the time in milliseconds
 */
export function createTokens(
  subjectOf: (email: string) => string | undefined,
  now: () => number = Date.now,
): Tokens {
  const owner = `ya29.owner-${randomBytes(24).toString("base64url")}`;
  const issued = new Map<string, { readonly email: string; readonly expires: number }>();

  return {
    owner,
    issueAccessToken(email) {
      const token = `ya29.c.${randomBytes(32).toString("base64url")}`;
      issued.set(token, { email, expires: now() + LIFETIME_SECONDS * 1000 });
      return { access_token: token, expires_in: LIFETIME_SECONDS, token_type: "Bearer" };
    },
    issueIdentityToken(email, audience) {
      const seconds = Math.floor(now() / 1000);
      const subject = subjectOf(email) ?? email;
      return new SignJWT({ azp: subject, email, email_verified: true })
        .setProtectedHeader({ alg: "RS256", kid: keyId, typ: "JWT" })
        .setIssuer(ISSUER)
        .setSubject(subject)
        .setAudience(audience)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + LIFETIME_SECONDS)
        .sign(privateKey);
    },
    authenticate(token) {
      if (token === owner) return { kind: "owner" };
      const found = issued.get(token);
      if (!found || found.expires <= now() || subjectOf(found.email) === undefined) return undefined;
      return { kind: "serviceAccount", email: found.email };
    },
    async verifyIdentityToken(token, audience) {
      const verified = await jwtVerify(token, publicKey, {
        issuer: ISSUER,
        audience,
        requiredClaims: ["exp", "email"],
        currentDate: new Date(now()),
      });
      return verified.payload;
    },
  };
}

/** Who makes a call. */
export type Principal =
  | { readonly kind: "owner" }
  | { readonly kind: "serviceAccount"; readonly email: string }
  | { readonly kind: "anonymous" };

/** How a principal is named in notices and messages. */
export function principalName(principal: Principal): string {
  return principal.kind === "serviceAccount" ? principal.email : principal.kind;
}

/** Whether a member of a policy's binding stands for this principal (IAM, Principal identifiers). */
export function isMember(principal: Principal, member: string): boolean {
  if (member === "allUsers") return true;
  if (principal.kind === "anonymous") return false;
  if (member === "allAuthenticatedUsers") return true;
  return principal.kind === "serviceAccount" && member === `serviceAccount:${principal.email}`;
}
